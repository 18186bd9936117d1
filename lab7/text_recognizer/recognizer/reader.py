"""What a reader is: anything that reads canvases with the model of an artifact.

Letters in this file: H W canvas, H' W' the map's rows and columns, C classes, T tokens.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from text_recognizer.vocabulary import Tokenizer

CAREFUL, FAST = MODES = ("careful", "fast")


class Decoded(NamedTuple):
    """What a decoder wrote on a canvas, token after token.

    Parameters
    ----------
    tokens
        T labels, the start token first; the end token is missing where the longest text was reached.
    likelihoods
        How likely each of them but the first is, T - 1 numbers; empty if nobody asked.
    cells
        (H', W', C) logits of the CTC head, where there is one and somebody asked.
    """

    tokens: list[int]
    likelihoods: Sequence[float] = ()
    cells: np.ndarray | None = None


class Reader(Protocol):
    """Reads canvases, in one way or two: what it can do is written in its attributes.

    Attributes
    ----------
    config
        The artifact's config.json.
    tokenizer
        The artifact's own.
    modes
        "fast" if there is `read_cells`, "careful" if there is `decode`.
    merges_cells
        Whether a run of cells of the same class is one character, as connectionist temporal classification has it.
    pixels_per_cell
        Height and width of a cell if canvases may have any size, in whole cells; else None.
    """

    config: dict[str, Any]
    tokenizer: Tokenizer
    modes: tuple[str, ...]
    merges_cells: bool
    pixels_per_cell: tuple[int, int] | None

    def read_cells(self, pixels: np.ndarray) -> np.ndarray:
        """Read in one pass: a canvas (H, W) uint8 -> (H', W', C) logits; models of lines have one row of windows."""
        raise _lacks(self, FAST)

    def decode(self, pixels: np.ndarray, with_details: bool = False) -> Decoded:
        """Write token after token what is on a canvas (H, W) uint8."""
        raise _lacks(self, CAREFUL)


def _lacks(reader: Reader, mode: str) -> NotImplementedError:
    return NotImplementedError(f"{type(reader).__name__} has the modes {reader.modes}, and not {mode!r}")


def default_mode(modes: tuple[str, ...], metrics: dict[str, float]) -> str:
    """Choose by measurement: the fast way if, on validation data, it makes no more errors than the careful one."""
    if len(modes) == 1:
        return modes[0]
    fast_is_as_good = metrics.get("val_ctc_cer", float("inf")) <= metrics.get("val_cer", 0.0)
    return "fast" if fast_is_as_good else "careful"
