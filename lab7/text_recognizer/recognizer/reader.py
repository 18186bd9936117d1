"""The interface of readers: they read canvases with the model of an artifact.

Letters in this file: H W canvas, H' W' the map's rows and columns, C classes, T tokens.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from text_recognizer.vocabulary import Tokenizer

CAREFUL, FAST = MODES = ("careful", "fast")


class Decoded(NamedTuple):
    """The tokens that a decoder read on a canvas.

    Parameters
    ----------
    tokens
        T labels, the start token first; the end token is missing if the longest text was reached.
    likelihoods
        The probabilities of all tokens but the first, T - 1 numbers; empty without `with_details`.
    cells
        (H', W', C) logits of the CTC head; None if there is none, or without `with_details`.
    """

    tokens: list[int]
    likelihoods: Sequence[float] = ()
    cells: np.ndarray | None = None


class Reader(Protocol):
    """Reads canvases in one mode or two; its attributes say which.

    Attributes
    ----------
    config
        The artifact's config.json.
    tokenizer
        The artifact's tokenizer.
    modes
        "fast" if it has `read_cells`, "careful" if it has `decode`.
    merges_cells
        Whether a run of cells of one class is one character, as in connectionist temporal classification.
    pixels_per_cell
        Height and width of a cell in pixels, if canvases may have any size in whole cells; else None.
    """

    config: dict[str, Any]
    tokenizer: Tokenizer
    modes: tuple[str, ...]
    merges_cells: bool
    pixels_per_cell: tuple[int, int] | None

    def read_cells(self, pixels: np.ndarray) -> np.ndarray:
        """Read in one pass: a canvas (H, W) uint8 -> (H', W', C) logits; a line model has one row of frames."""
        raise _lacks(self, FAST)

    def decode(self, pixels: np.ndarray, with_details: bool = False) -> Decoded:
        """Decode the text on a canvas (H, W) uint8 token by token."""
        raise _lacks(self, CAREFUL)


def _lacks(reader: Reader, mode: str) -> NotImplementedError:
    return NotImplementedError(f"{type(reader).__name__} has the modes {reader.modes}, and not {mode!r}")


def default_mode(modes: tuple[str, ...], metrics: dict[str, float]) -> str:
    """Choose the default mode: "fast" if, on validation data, it makes no more errors than "careful"."""
    if len(modes) == 1:
        return modes[0]
    fast_is_as_good = metrics.get("val_ctc_cer", float("inf")) <= metrics.get("val_cer", 0.0)
    return "fast" if fast_is_as_good else "careful"
