"""What an artifact consists of. Whoever only looks at its files need not wait for PyTorch."""

import json
from pathlib import Path
from typing import Any

from text_recognizer.util import UserError

ARTIFACTS_DIRNAME = Path(__file__).resolve().parent / "artifacts"
CONFIG_FILENAME, WEIGHTS_FILENAME, COMMAND_FILENAME = "config.json", "model.pt", "run_command.txt"
# Not in every artifact: the language model that a CTC model reads with; the same model for those who have ONNX Runtime,
# in two files where a decoder writes token after token.
NGRAMS_FILENAME, ONNX_FILENAME, DECODER_FILENAME = "ngrams.npz", "model.onnx", "decoder.onnx"
FILENAMES = (
    CONFIG_FILENAME,
    WEIGHTS_FILENAME,
    COMMAND_FILENAME,
    NGRAMS_FILENAME,
    ONNX_FILENAME,
    DECODER_FILENAME,
)
LINES_DIRNAME = "lines"  # nor this: an artifact for lines, to take a closer look at those of a page
KEYS = {"model_class", "model_flags", "loss", "data_config"}  # what config.json has at least
LFS_POINTER = b"version https://git-lfs.github.com/spec/"  # how the file begins that git has in place of a large one
HOW_TO_MAKE = "In lab7, train a model and type: python training/save_best_model.py --trained_data_class=IAMParagraphs"


def check_directory(dirname: Path) -> None:
    """Refuse a directory that is not there."""
    if not dirname.is_dir():
        raise UserError(f"{dirname}: there is no trained model. {HOW_TO_MAKE}")


def read_config(filename: Path) -> dict[str, Any]:
    """Read config.json."""
    try:
        config = json.loads(filename.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{filename}: {error.strerror}. {HOW_TO_MAKE}") from None
    except ValueError as error:
        raise UserError(f"{filename}: not JSON ({error}). {HOW_TO_MAKE}") from None
    if not isinstance(config, dict) or not config.keys() >= KEYS:
        raise UserError(f"{filename}: expected {', '.join(sorted(KEYS))}. {HOW_TO_MAKE}")
    return config


def refuse_lfs_pointer(filename: Path) -> None:
    """Refuse the small text file that a clone without Git LFS has in place of a large file."""
    if filename.is_file():
        with filename.open("rb") as file:
            if file.read(len(LFS_POINTER)) == LFS_POINTER:
                raise UserError(f"{filename} is a pointer of Git LFS in place of the weights; run: git lfs pull")
