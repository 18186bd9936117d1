"""The files of an artifact. This module does not import PyTorch, which takes seconds to start."""

from pathlib import Path
from typing import Any

from text_recognizer.checked_json import parse_json
from text_recognizer.recognizer.artifact_schema import check_config
from text_recognizer.util import UserError

ARTIFACTS_DIRNAME = Path(__file__).resolve().parents[1] / "artifacts"
DEFAULT_ARTIFACT = "paragraph_text_recognizer"
CONFIG_FILENAME, WEIGHTS_FILENAME, COMMAND_FILENAME = "config.json", "model.pt", "run_command.txt"
# Optional: the language model of a CTC model; the model exported for ONNX Runtime, in two files if it has a decoder.
NGRAMS_FILENAME, ONNX_FILENAME, DECODER_FILENAME = "ngrams.npz", "model.onnx", "decoder.onnx"
FILENAMES = (
    CONFIG_FILENAME,
    WEIGHTS_FILENAME,
    COMMAND_FILENAME,
    NGRAMS_FILENAME,
    ONNX_FILENAME,
    DECODER_FILENAME,
)
CARD_FILENAME = "model_card.md"  # a description by hand; each artifact that the course ships has one
LINES_DIRNAME = "lines"  # optional: an artifact of a line model, for the second pass over a page's lines
FINDER_DIRNAME = "finder"  # optional: a line finder of its own; most artifacts share the shipped one
SHIPPED_FINDER_DIRNAME = ARTIFACTS_DIRNAME / "line_finder"
PRINT_DIRNAME = ARTIFACTS_DIRNAME / "print_finder"  # all recognisers share it,
WAY_UP_DIRNAME = ARTIFACTS_DIRNAME / "way_up_finder"  # and this one
LFS_POINTER = b"version https://git-lfs.github.com/spec/"  # the first bytes of Git LFS's stand-in for a large file
HOW_TO_MAKE = "In lab7, train a model and type: python training/save_best_model.py --trained_data_class=IAMParagraphs"


def find_artifact(name: str | Path | None) -> Path:
    """Return the directory of an artifact, given by its path, or by its name if it is part of the package."""
    if name is None:
        return ARTIFACTS_DIRNAME / DEFAULT_ARTIFACT
    own = ARTIFACTS_DIRNAME / name
    return own if own.is_dir() and not Path(name).is_dir() else Path(name)


def finder_of(dirname: Path) -> Path:
    """Return the directory of a recogniser's line finder: its own if it has one, else the shipped one."""
    own = dirname / FINDER_DIRNAME
    return own if own.is_dir() else SHIPPED_FINDER_DIRNAME


def check_directory(dirname: Path) -> None:
    """Refuse a directory that does not exist."""
    if not dirname.is_dir():
        raise UserError(f"{dirname}: there is no trained model. {HOW_TO_MAKE}")


def read_config(filename: Path) -> dict[str, Any]:
    """Read config.json."""
    try:
        config = parse_json(filename.read_bytes(), str(filename))
        check_config(config, str(filename))
    except OSError as error:
        raise UserError(f"{filename}: {error.strerror}. {HOW_TO_MAKE}") from None
    except UserError as error:
        raise UserError(f"{error}. {HOW_TO_MAKE}") from None
    return config


def refuse_lfs_pointer(filename: Path) -> None:
    """Refuse the small text file that stands for a large file in a clone without Git LFS."""
    if filename.is_file():
        with filename.open("rb") as file:
            if file.read(len(LFS_POINTER)) == LFS_POINTER:
                raise UserError(f"{filename} is a pointer of Git LFS in place of the weights; run: git lfs pull")
