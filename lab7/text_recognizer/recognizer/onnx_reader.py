"""Reads with ONNX Runtime and a model exported by training/export/export_onnx.py. PyTorch is not loaded.

Letters in this file: H W canvas, H' W' the map's rows and columns, C classes.
"""

from pathlib import Path
from typing import Any

import numpy as np

from text_recognizer.images.constants import WHITE
from text_recognizer.recognizer.artifact_files import CONFIG_FILENAME, ONNX_FILENAME, read_config, refuse_lfs_pointer
from text_recognizer.recognizer.processor import waits_passively
from text_recognizer.recognizer.reader import FAST, Reader
from text_recognizer.util import UserError
from text_recognizer.vocabulary import tokenizer_of

PIXELS_PER_CELL = "pixels_per_cell"  # the exported graph's metadata key for the height and width of a cell
HOW_TO_EXPORT = "In lab7, type: python training/export/export_onnx.py"


class OnnxReader(Reader):
    """Reads canvases in one pass with an exported model.

    Parameters
    ----------
    dirname
        The artifact's directory, with model.onnx in it.
    """

    modes = (FAST,)
    merges_cells = True

    def __init__(self, dirname: Path) -> None:
        self.config = read_config(dirname / CONFIG_FILENAME)
        self.tokenizer = tokenizer_of(self.config["data_config"])
        filename = dirname / ONNX_FILENAME
        self.session: Any = open_session(filename)
        about = self.session.get_modelmeta().custom_metadata_map
        if PIXELS_PER_CELL not in about:
            raise UserError(f"{filename}: it does not give the size of a cell. {HOW_TO_EXPORT}")
        height, width = about[PIXELS_PER_CELL].split()
        self.pixels_per_cell = (int(height), int(width))

    def read_cells(self, pixels: np.ndarray) -> np.ndarray:
        """Read in one pass: a canvas (H, W) uint8 -> (H', W', C) logits; see Reader."""
        x = pixels[None, None].astype(np.float32) / WHITE
        return self.session.run(None, {self.session.get_inputs()[0].name: x})[0]


def open_session(filename: Path) -> Any:
    """Open an exported graph with ONNX Runtime."""
    import onnxruntime  # an extra

    refuse_lfs_pointer(filename)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only: it warns of every image whose width differs from the export's example
    if waits_passively():
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(filename, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's exceptions share no base class of their own
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(f"{filename}: {reason}. {HOW_TO_EXPORT}") from None
