"""Chooses what reads with an artifact."""

import importlib.util
from pathlib import Path

from text_recognizer.recognizer.artifact_files import (
    DECODER_FILENAME,
    NGRAMS_FILENAME,
    ONNX_FILENAME,
    check_directory,
)
from text_recognizer.recognizer.language_reader import LanguageReader
from text_recognizer.recognizer.reader import FAST, Reader


def load_reader(dirname: Path, bf16: bool = False) -> Reader:
    """Return what reads with an artifact: ONNX Runtime if it is there and the model was exported, else PyTorch.

    ONNX Runtime does not know bf16, so with that it is always PyTorch.
    """
    check_directory(dirname)
    if not bf16 and (dirname / ONNX_FILENAME).is_file() and importlib.util.find_spec("onnxruntime"):
        if (dirname / DECODER_FILENAME).is_file():
            from text_recognizer.recognizer.onnx_decoder import OnnxDecoder

            return OnnxDecoder(dirname)
        from text_recognizer.recognizer.onnx_reader import OnnxReader

        return OnnxReader(dirname)
    from text_recognizer.recognizer.torch_reader import (
        TorchReader,  # here: PyTorch takes longer to start than a page to read
    )

    return TorchReader(dirname, bf16)


def load_language(dirname: Path, reader: Reader) -> LanguageReader | None:
    """Return an artifact's language model, None if it has none, or a model that does not read in one pass."""
    has_language = reader.modes == (FAST,) and (dirname / NGRAMS_FILENAME).is_file()
    return LanguageReader(dirname, reader.config) if has_language else None
