"""Runs a print finder on the strips of a page.

Letters in this file: H W strip, S cells, B batch.
"""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from text_recognizer.images.constants import WHITE
from text_recognizer.page.printed_parts import CELL
from text_recognizer.recognizer.artifact_files import CONFIG_FILENAME, ONNX_FILENAME, check_directory, read_config
from text_recognizer.util import UserError

PRINT_FINDER_CLASS = "PrintFinder"
MULTIPLE = 128  # columns: strips are padded to a multiple of this, and read in batches of one width
WIDEST = 8192  # columns that are looked at together: wider strips are cut


class PrintNetwork:
    """A print finder from an artifact, exported to ONNX if it is and ONNX Runtime is installed, else in PyTorch.

    Parameters
    ----------
    dirname
        The artifact's directory.

    Raises
    ------
    UserError
        If it is no print finder or incomplete.
    """

    def __init__(self, dirname: Path) -> None:
        check_directory(dirname)
        name = read_config(dirname / CONFIG_FILENAME)["model_class"]
        if name != PRINT_FINDER_CLASS:
            raise UserError(f"{dirname}: a {name} does not find print. Expected a {PRINT_FINDER_CLASS}")
        self.session: Any = None
        if has_export(dirname):
            from text_recognizer.recognizer.onnx_reader import open_session

            self.session = open_session(dirname / ONNX_FILENAME)
            return
        import torch  # imported here: it takes long to start

        from text_recognizer.recognizer.artifact import load_artifact

        self.torch = torch
        self.model, _ = load_artifact(dirname)

    def see(self, strips: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return the probabilities of the classes of each cell, (S, 3), for strips (H, W) uint8."""
        return [self._see(strip)[: -(-strip.shape[1] // CELL)] for strip in strips]

    def _see(self, strip: np.ndarray) -> np.ndarray:
        width = strip.shape[1]
        if width > WIDEST:
            return np.concatenate([self._see(strip[:, first : first + WIDEST]) for first in range(0, width, WIDEST)])
        logits = self.logits(np.pad(strip, ((0, 0), (0, -width % MULTIPLE)))[None, None].astype(np.float32) / WHITE)[0]
        shares = np.exp(logits - logits.max(axis=0))
        return (shares / shares.sum(axis=0)).T

    def logits(self, x: np.ndarray) -> np.ndarray:
        """Return logits (B, 3, S) of strips (B, 1, H, W) float32 in [0, 1]."""
        if self.session is not None:
            return self.session.run(None, {self.session.get_inputs()[0].name: x})[0]
        with self.torch.inference_mode():
            return self.model(self.torch.from_numpy(x)).float().numpy()


def has_export(dirname: Path) -> bool:
    """Tell whether an artifact can be run without PyTorch."""
    return (dirname / ONNX_FILENAME).is_file() and importlib.util.find_spec("onnxruntime") is not None


def load_print_network(dirname: Path, without_torch: bool) -> PrintNetwork | None:
    """Return a print finder; None if there is none, or it needs PyTorch, which is not to be loaded or not there."""
    if not dirname.is_dir():
        return None
    if not has_export(dirname) and (without_torch or importlib.util.find_spec("torch") is None):
        return None
    return PrintNetwork(dirname)
