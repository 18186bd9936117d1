"""Runs a small network on the strips of a page, in PyTorch or exported for ONNX Runtime.

Letters in this file: B batch, H W strip.
"""

import importlib.util
from pathlib import Path
from typing import Any, Self

import numpy as np

from text_recognizer.images.constants import WHITE
from text_recognizer.recognizer.artifact_files import CONFIG_FILENAME, ONNX_FILENAME, check_directory, read_config
from text_recognizer.util import UserError

MULTIPLE = 128  # columns: strips are padded to a multiple of this


class StripNetwork:
    """A network from an artifact, exported to ONNX if it is and ONNX Runtime is installed, else in PyTorch.

    A subclass names the class of the model, and its purpose.

    Parameters
    ----------
    dirname
        The artifact's directory.

    Raises
    ------
    UserError
        If it is another model or incomplete.
    """

    model_class: str
    purpose: str

    def __init__(self, dirname: Path) -> None:
        check_directory(dirname)
        self.dirname = dirname
        name = read_config(dirname / CONFIG_FILENAME)["model_class"]
        if name != self.model_class:
            raise UserError(f"{dirname}: a {name} does not {self.purpose}. Expected a {self.model_class}")
        self.session: Any = None
        if has_export(dirname):
            from text_recognizer.recognizer.onnx_reader import open_session

            self.session = open_session(dirname / ONNX_FILENAME)
            return
        import torch  # imported here: it takes long to start

        from text_recognizer.recognizer.artifact import load_artifact

        self.torch = torch
        self.model, _ = load_artifact(dirname)

    @classmethod
    def load(cls, dirname: Path | None, without_torch: bool) -> Self | None:
        """Return the network; None if there is none, or it needs PyTorch, which is not to be loaded or not there."""
        if dirname is None or not dirname.is_dir():
            return None
        if not has_export(dirname) and (without_torch or importlib.util.find_spec("torch") is None):
            return None
        return cls(dirname)

    def logits(self, strip: np.ndarray) -> np.ndarray:
        """Return the model's logits of a strip (H, W) uint8, padded to a multiple of 128 columns."""
        x = np.pad(strip, ((0, 0), (0, -strip.shape[1] % MULTIPLE)))[None, None].astype(np.float32) / WHITE
        if self.session is not None:
            return self.session.run(None, {self.session.get_inputs()[0].name: x})[0][0]
        with self.torch.inference_mode():
            return self.model(self.torch.from_numpy(x))[0].float().numpy()


def has_export(dirname: Path) -> bool:
    """Tell whether an artifact can be run without PyTorch."""
    return (dirname / ONNX_FILENAME).is_file() and importlib.util.find_spec("onnxruntime") is not None
