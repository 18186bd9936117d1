"""Chooses what reads with an artifact."""

import importlib.util
from pathlib import Path
from typing import Any

from text_recognizer.artifact_files import DECODER_FILENAME, NGRAMS_FILENAME, ONNX_FILENAME, check_directory
from text_recognizer.language_reader import LanguageReader


def load_reader(dirname: Path, bf16: bool = False) -> Any:
    """Return what reads with an artifact: ONNX Runtime if it is there and the model was exported, else PyTorch.

    ONNX Runtime does not know bf16, so with that it is always PyTorch.
    """
    check_directory(dirname)
    if not bf16 and (dirname / ONNX_FILENAME).is_file() and importlib.util.find_spec("onnxruntime"):
        if (dirname / DECODER_FILENAME).is_file():
            from text_recognizer.onnx_writer import OnnxWriter

            return OnnxWriter(dirname)
        from text_recognizer.onnx_reader import OnnxReader

        return OnnxReader(dirname)
    from text_recognizer.torch_reader import TorchReader  # here: PyTorch takes longer to start than a page to read

    return TorchReader(dirname, bf16)


def load_language(dirname: Path, reader: Any) -> LanguageReader | None:
    """Return an artifact's language model, None if it has none, or a model that does not read in one pass."""
    has_language = reader.modes == ("fast",) and (dirname / NGRAMS_FILENAME).is_file()
    return LanguageReader(dirname, reader.config) if has_language else None
