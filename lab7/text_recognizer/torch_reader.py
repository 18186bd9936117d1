"""Reads with PyTorch: any model that can be trained here.

Letters in this file: B batch, H W canvas, C classes, S windows, H' W' the map's rows and columns.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from text_recognizer.artifact import load_artifact
from text_recognizer.page_image import WHITE
from text_recognizer.reading import Written


class TorchReader:
    """Reads canvases with a model from an artifact.

    Parameters
    ----------
    dirname
        The artifact's directory.
    bf16
        Read cells in numbers of 16 bits (bfloat16) where PyTorch thinks that they are exact enough: faster on
        processors that compute with them, slower on others. Writing token after token always takes 32.
    """

    def __init__(self, dirname: Path, bf16: bool = False) -> None:
        self.bf16 = bf16
        self.model: Any
        self.model, self.config = load_artifact(dirname)
        self.merges_cells = self.config["loss"] != "cross_entropy"  # lab 2 has a window for each character
        self.end = self.config["data_config"]["mapping"].index("<E>")
        self.pixels_per_cell: tuple[int, int] | None = getattr(self.model, "pixels_per_cell", None)

    @property
    def has_ctc_head(self) -> bool:
        """Whether a model that writes token after token can read its map too."""
        return getattr(self.model, "ctc_head", None) is not None

    @property
    def modes(self) -> tuple[str, ...]:
        """The ways in which the model can read."""
        if not hasattr(self.model, "predict"):
            return ("fast",)
        return ("careful", "fast") if self.has_ctc_head else ("careful",)

    @torch.inference_mode()
    def read_cells(self, pixels: np.ndarray) -> np.ndarray:
        """Read in one pass: a canvas (H, W) uint8 -> (H', W', C) logits; models of lines have one row of windows."""
        x = as_tensor(pixels)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            if hasattr(self.model, "read_rows"):
                return self.model.read_rows(x)[0].float().numpy()
            return self.model(x).permute(0, 2, 1).float().numpy()  # (1, C, S) -> (1, S, C)

    @torch.inference_mode()
    def write(self, pixels: np.ndarray, with_details: bool = False) -> Written:
        """Write token after token what is on a canvas (H, W) uint8."""
        x = as_tensor(pixels)
        tokens: list[int] = self.model.predict(x)[0].tolist()
        tokens = tokens[: tokens.index(self.end) + 1] if self.end in tokens else tokens
        return self._look_again(x, tokens) if with_details else Written(tokens)

    def _look_again(self, x: torch.Tensor, tokens: list[int]) -> Written:
        """Add the details of what was written on an image (1, 1, H, W).

        All tokens are looked at in one pass, as in training: a small part of the time that it takes to write them.
        """
        y = torch.tensor([tokens])
        cells = None
        if self.has_ctc_head:
            logits, of_cells = self.model.forward_both(x, y[:, :-1])  # (1, C, T - 1), (1, C, S)
            cells = of_cells[0].T.unflatten(0, self.model.map_shape).numpy()  # (C, S) -> (H', W', C)
        else:
            logits = self.model(x, y[:, :-1])
        likelihoods = logits.softmax(dim=1).gather(1, y[:, None, 1:])  # (1, 1, T - 1)
        return Written(tokens, likelihoods[0, 0].tolist(), cells)


def as_tensor(pixels: np.ndarray) -> torch.Tensor:
    """(H, W) uint8 -> (1, 1, H, W) in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(pixels))[None, None].float() / WHITE
