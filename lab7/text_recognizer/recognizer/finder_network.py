"""The line finder's network, in PyTorch or exported for ONNX Runtime.

Letters in this file: H W picture, h w map.
"""

import importlib.util
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from text_recognizer.recognizer.artifact_files import CONFIG_FILENAME, ONNX_FILENAME, check_directory, read_config
from text_recognizer.util import UserError

FINDER_CLASS = "LineFinder"
ANSWERS = ("core", "paper", "printed", "rules", "height", "up")  # in the order of an exported graph's outputs


class FinderNetwork(Protocol):
    """The interface of a line finder's network."""

    def answer(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """Return ANSWERS for (1, 3, H, W) float32 in [0, 1]: maps (h, w), and (4,) for the orientation."""


class TorchFinder:
    """The network of an artifact, in PyTorch.

    Parameters
    ----------
    dirname
        The artifact's directory.
    """

    def __init__(self, dirname: Path) -> None:
        import torch  # imported here: it takes long to start

        from text_recognizer.recognizer.artifact import load_artifact

        self.torch = torch
        self.model: Any
        self.model, _ = load_artifact(dirname)

    def answer(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """See `FinderNetwork`."""
        return {name: value[0].numpy() for name, value in self.model.predict(self.torch.from_numpy(x)).items()}


class OnnxFinder:
    """The network exported by training/export/export_onnx.py. PyTorch is not loaded.

    Parameters
    ----------
    dirname
        The artifact's directory, with model.onnx in it.
    """

    def __init__(self, dirname: Path) -> None:
        from text_recognizer.recognizer.onnx_reader import open_session

        self.session = open_session(dirname / ONNX_FILENAME)

    def answer(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """See `FinderNetwork`."""
        answers = self.session.run(None, {self.session.get_inputs()[0].name: x})
        return {name: value[0] for name, value in zip(ANSWERS, answers, strict=True)}


def load_finder(dirname: Path) -> FinderNetwork:
    """Return a line finder's network: the exported one if it exists and ONNX Runtime is installed, else in PyTorch.

    Raises
    ------
    UserError
        If it is not a line finder or incomplete, or neither an export nor PyTorch is available.
    """
    check_directory(dirname)
    config = read_config(dirname / CONFIG_FILENAME)
    if config["model_class"] != FINDER_CLASS:
        raise UserError(f"{dirname}: a {config['model_class']} does not find lines. Expected a {FINDER_CLASS}")
    if (dirname / ONNX_FILENAME).is_file() and importlib.util.find_spec("onnxruntime"):
        return OnnxFinder(dirname)
    if importlib.util.find_spec("torch") is None:
        raise UserError(
            f"{dirname}: neither PyTorch nor an exported line finder is there. With PyTorch installed, type in lab7: "
            f"python training/export/export_onnx.py --artifact_dirname={dirname}"
        )
    return TorchFinder(dirname)
