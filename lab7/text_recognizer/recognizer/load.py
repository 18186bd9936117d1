"""Chooses the reader for an artifact."""

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
    """Return the reader for an artifact: ONNX Runtime if it is installed and the model was exported, else PyTorch.

    With bf16 it is always PyTorch, because the exported graphs compute in 32 bits.
    """
    check_directory(dirname)
    if not bf16 and (dirname / ONNX_FILENAME).is_file() and importlib.util.find_spec("onnxruntime"):
        if (dirname / DECODER_FILENAME).is_file():
            from text_recognizer.recognizer.onnx_decoder import OnnxDecoder

            return OnnxDecoder(dirname)
        from text_recognizer.recognizer.onnx_reader import OnnxReader

        return OnnxReader(dirname)
    from text_recognizer.recognizer.torch_reader import (
        TorchReader,  # imported here: starting PyTorch takes longer than reading a page
    )

    return TorchReader(dirname, bf16)


def load_language(dirname: Path, reader: Reader) -> LanguageReader | None:
    """Return an artifact's language model; None if it has none, or its model does not read in one pass."""
    has_language = reader.modes == (FAST,) and (dirname / NGRAMS_FILENAME).is_file()
    return LanguageReader(dirname, reader.config) if has_language else None
