"""Exports the recogniser's model to ONNX: it reads a page in a third of the time, for PyTorch need not be loaded.

    python training/export_onnx.py                        # the recogniser of paragraphs
    python training/export_onnx.py page1.png page2.png    # compares the texts of these pages, not of a drawn one

Needs the packages onnx, onnxscript and onnxruntime; reading needs onnxruntime alone. model.onnx goes beside model.pt,
where the recogniser finds it, but only if both read the same; a model that writes token after token gets a second file,
decoder.onnx. Models of the early labs, which look through windows, are not exported.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import nn

from text_recognizer.artifact_files import (
    ARTIFACTS_DIRNAME,
    DECODER_FILENAME,
    LINES_DIRNAME,
    ONNX_FILENAME,
    check_directory,
)
from text_recognizer.onnx_reader import PIXELS_PER_CELL, OnnxReader
from text_recognizer.onnx_writer import OnnxWriter
from text_recognizer.open_image import Source
from text_recognizer.paragraph_text_recognizer import ParagraphTextRecognizer
from text_recognizer.torch_reader import TorchReader
from text_recognizer.util import UserError
from training.export_decoder import export_graph, write_graphs

PACKAGES = ("onnx", "onnxscript", "onnxruntime")
EXPORTED = (DECODER_FILENAME, ONNX_FILENAME)
EXAMPLE_COLUMNS, MOST_COLUMNS = 80, 2048  # cells of the image that the model is traced with, and of a very long line
EXAMPLE_ROWS, MOST_ROWS = 10, 128
COMPARED = ((3, 50), (36, 160))  # rows and columns of images of noise; those of lines have one row
TOLERANCE = 0.01  # between logits; they differ by 0.001, and lie between -20 and 20


class Cells(nn.Module):
    """What is exported: the model's reading of each cell.

    Parameters
    ----------
    model
        A model that takes images of any size, or lines of any width.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(1, 1, H, W) -> (H', W', C) logits."""
        if hasattr(self.model, "read_each_row"):
            # Not `read_rows`: exported, its last reshaping knew the width of one image only, with torch 2.14.
            return self.model.read_each_row(x)
        return self.model(x).permute(0, 2, 1)  # (B, C, W') -> (B, W', C): a line is one row


def export(dirname: Path, images: Sequence[Source]) -> list[Path]:
    """Write model.onnx beside each model.pt of an artifact, unless they read otherwise."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise UserError(f"{' and '.join(missing)}: not installed; run: python -m pip install {' '.join(PACKAGES)}")
    check_directory(dirname)
    names = [name for name in (".", LINES_DIRNAME) if (dirname / name).is_dir()]
    readers = {name: TorchReader(dirname / name) for name in names}
    for name, reader in readers.items():
        if reader.pixels_per_cell is None and not writes(reader):
            kind = reader.config["model_class"]
            raise UserError(
                f"{dirname / name}: a {kind} cannot be exported. Expected a model such as ParagraphResNetLSTM"
            )
    with tempfile.TemporaryDirectory() as temporary:
        new, old = Path(temporary) / "new", Path(temporary) / "old"
        for copy in (new, old):
            shutil.copytree(dirname, copy, ignore=shutil.ignore_patterns(*EXPORTED))
        for name, reader in readers.items():
            if writes(reader):
                input_dims = reader.config["data_config"]["input_dims"]
                write_graphs(reader.model, input_dims, new / name / ONNX_FILENAME, new / name / DECODER_FILENAME)
                compare_writing(reader, new / name)
            else:
                write_onnx(reader, new / name / ONNX_FILENAME)
                compare_noise(reader, new / name)
        compare_pages(old, new, images)
        return [filename for name in names for filename in put_into(dirname / name, new / name)]


def put_into(dirname: Path, new: Path) -> list[Path]:
    """Copy what was exported into a directory, all or nothing; return their new names."""
    filenames = [new / name for name in EXPORTED if (new / name).is_file()]
    parts = [dirname / f"{filename.name}.part" for filename in filenames]
    try:
        for filename, part in zip(filenames, parts, strict=True):
            shutil.copy(filename, part)
    except OSError as error:
        for part in parts:
            part.unlink(missing_ok=True)
        raise UserError(f"{dirname}: cannot be written ({error}). Nothing is saved") from None
    # The recogniser looks for model.onnx: as long as that is not there, decoder.onnx is not read either.
    for name in reversed(EXPORTED):
        (dirname / name).unlink(missing_ok=True)
    return [part.replace(dirname / filename.name) for part, filename in zip(parts, filenames, strict=True)]


def write_onnx(reader: TorchReader, filename: Path) -> None:
    """Export a model for images of whole cells, as many as there may be."""
    assert reader.pixels_per_cell is not None
    height, width = reader.pixels_per_cell
    # Told that sizes are multiples, PyTorch need not reason about rounding: that takes five minutes, this takes one.
    sizes = {3: width * torch.export.Dim("columns", min=2, max=MOST_COLUMNS)}
    if is_for_pages(reader):
        shape, sizes[2] = (1, 1, height * EXAMPLE_ROWS), height * torch.export.Dim("rows", min=2, max=MOST_ROWS)
    else:  # lines go in side by side, as rows of a map do: for one alone the last layer knew one width only
        shape, sizes[0] = (2, 1, height), torch.export.Dim("lines", min=1, max=MOST_ROWS)
    example = torch.rand(*shape, width * EXAMPLE_COLUMNS)
    program = export_graph(Cells(reader.model).eval(), (example,), dynamic_shapes={"x": sizes})
    program.model.metadata_props[PIXELS_PER_CELL] = f"{height} {width}"
    program.save(filename)


def is_for_pages(reader: TorchReader) -> bool:
    """Tell a model of pages from one of lines, for which each image is one row of cells."""
    return hasattr(reader.model, "read_each_row")


def writes(reader: TorchReader) -> bool:
    """Tell a model that writes token after token from one that reads all cells at once."""
    return hasattr(reader.model, "predict")


def compare_writing(reader: TorchReader, new: Path) -> None:
    """Refuse an export that writes otherwise, token by token."""
    exported, (_, *shape) = OnnxWriter(new), reader.config["data_config"]["input_dims"]
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    one, other = reader.write(pixels, with_details=True), exported.write(pixels, with_details=True)
    if one.tokens != other.tokens:
        num_same = sum(a == b for a, b in zip(one.tokens, other.tokens, strict=False))
        raise UserError(f"{new}: {num_same} of {len(one.tokens)} tokens are the same. Nothing is saved")
    difference = np.abs(np.subtract(one.likelihoods, other.likelihoods)).max()
    if one.cells is not None:
        difference = max(difference, np.abs(one.cells - other.cells).max())
    if difference > TOLERANCE:
        raise UserError(f"{new}: readings differ by {difference:.3g}: expected {TOLERANCE} at most. Nothing is saved")
    print(f"{reader.config['model_class']}: {len(one.tokens)} tokens the same, likelihoods differ by {difference:.2g}")


def compare_noise(reader: TorchReader, new: Path) -> None:
    """Refuse an export that reads otherwise, cell by cell."""
    exported = OnnxReader(new)
    assert reader.pixels_per_cell is not None
    for rows, columns in COMPARED:
        shape = np.multiply((rows if is_for_pages(reader) else 1, columns), reader.pixels_per_cell)
        pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
        difference = np.abs(reader.read_cells(pixels) - read_exported(exported, pixels)).max()
        if difference > TOLERANCE:
            raise UserError(f"{new}: logits differ by {difference:.3g}: expected {TOLERANCE} at most. Nothing is saved")
    print(f"{reader.config['model_class']}: logits differ by {difference:.2g}")


def compare_pages(old: Path, new: Path, images: Sequence[Source]) -> None:
    """Refuse an export that reads pages otherwise, to the letter."""
    one, other = ParagraphTextRecognizer(old), ParagraphTextRecognizer(new)
    assert isinstance(other.reader, OnnxReader | OnnxWriter)
    num_same = sum(one.predict(image) == other.predict(image) for image in images)
    print(f"{num_same} of {len(images)} pages read alike to the letter")
    if num_same < len(images):
        raise UserError(f"{len(images) - num_same} pages were read otherwise. Nothing is saved")


def read_exported(exported: OnnxReader, pixels: np.ndarray) -> np.ndarray:
    """Read with an exported model, which may not take what it is given."""
    try:
        return exported.read_cells(pixels)
    except Exception as error:  # ONNX Runtime's exceptions share no class of their own
        raise UserError(f"the export fails on {pixels.shape}: {str(error).splitlines()[0]}. Nothing is saved") from None


def drawn_page() -> Image.Image:
    """Draw a page, for those who have none at hand."""
    page = Image.new("L", (900, 500), 240)
    for i, line in enumerate(("A page of three lines, in", "the type of a computer:", "no handwriting, but ink.")):
        ImageDraw.Draw(page).text((60, 80 + 80 * i), line, fill=20, font=ImageFont.load_default(48))
    return page


def main(argv: list[str] | None = None) -> None:
    """Run from the command line; the user's mistakes are one line, not a traceback."""
    parser = argparse.ArgumentParser(description="Export the recogniser's model to ONNX.", allow_abbrev=False)
    parser.add_argument("images", nargs="*", metavar="IMAGE", help="pages that both must read alike")
    parser.add_argument("--artifact_dirname", default=str(ARTIFACTS_DIRNAME / "paragraph_text_recognizer"))
    args = parser.parse_args(argv)
    try:
        filenames = export(Path(args.artifact_dirname), args.images or [drawn_page()])
    except UserError as error:
        sys.exit(f"error: {error}")
    for filename in filenames:
        print(f"Saved {filename}: {filename.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
