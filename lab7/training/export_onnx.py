"""Exports the recogniser's model to ONNX: it reads a page in a third of the time, for PyTorch need not be loaded.

    python training/export_onnx.py                        # the recogniser of paragraphs
    python training/export_onnx.py page1.png page2.png    # compares the texts of these pages, not of a drawn one

Needs the packages onnx, onnxscript and onnxruntime; reading needs onnxruntime alone. model.onnx goes beside model.pt,
where the recogniser finds it, but only if both read the same. Only models that read in one pass, and images of any
size, are exported: a decoder's loop is no graph.
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

from text_recognizer.artifact_files import ARTIFACTS_DIRNAME, CONFIG_FILENAME, ONNX_FILENAME, WEIGHTS_FILENAME
from text_recognizer.onnx_reader import OnnxReader
from text_recognizer.open_image import Source
from text_recognizer.paragraph_text_recognizer import ParagraphTextRecognizer
from text_recognizer.torch_reader import TorchReader
from text_recognizer.util import UserError

PACKAGES = ("onnx", "onnxscript", "onnxruntime")
EXAMPLE_CELLS = (10, 80)  # of the image that the model is traced with
MOST_CELLS = (128, 512)
TOLERANCE = 0.01  # between logits; they differ by 0.001, and lie between -20 and 20


class Cells(nn.Module):
    """What is exported: the model's reading of each cell.

    Parameters
    ----------
    model
        A model with `read_each_row` that takes images of any size.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(1, 1, H, W) -> (H', W', C) logits."""
        # Not `read_rows`: exported, its last reshaping knew the width of one image only, with torch 2.14.
        return self.model.read_each_row(x)


def export(dirname: Path, images: Sequence[Source]) -> Path:
    """Write model.onnx into an artifact's directory, unless it reads otherwise than model.pt."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise UserError(f"{' and '.join(missing)}: not installed; run: python -m pip install {' '.join(PACKAGES)}")
    reader = TorchReader(dirname)
    if reader.pixels_per_cell is None:
        name = reader.config["model_class"]
        raise UserError(f"{dirname}: a {name} cannot be exported. Expected a model such as ParagraphResNetLSTM")
    with tempfile.TemporaryDirectory() as new:
        for filename in (CONFIG_FILENAME, WEIGHTS_FILENAME):
            shutil.copy(dirname / filename, new)
        write_onnx(reader.model, reader.pixels_per_cell, Path(new) / ONNX_FILENAME)
        compare(dirname, reader, Path(new), images)
        part = dirname / f"{ONNX_FILENAME}.part"
        shutil.copy(Path(new) / ONNX_FILENAME, part)
        return part.replace(dirname / ONNX_FILENAME)


def write_onnx(model: nn.Module, pixels_per_cell: tuple[int, int], filename: Path) -> None:
    """Export a model for images of whole cells, as many as there may be."""
    # Told that sizes are multiples, PyTorch need not reason about rounding: that takes five minutes, this takes one.
    sizes = [
        pixels * torch.export.Dim(name, min=2, max=most)
        for name, pixels, most in zip(("rows", "columns"), pixels_per_cell, MOST_CELLS, strict=True)
    ]
    shape = [number * pixels for number, pixels in zip(EXAMPLE_CELLS, pixels_per_cell, strict=True)]
    program = torch.onnx.export(
        Cells(model).eval(),
        (torch.rand(1, 1, *shape),),
        dynamic_shapes={"x": {2: sizes[0], 3: sizes[1]}},
        dynamo=True,
        verbose=False,
    )
    assert program is not None
    program.model.metadata_props["pixels_per_cell"] = "{} {}".format(*pixels_per_cell)
    program.save(filename)


def compare(dirname: Path, reader: TorchReader, new: Path, images: Sequence[Source]) -> None:
    """Refuse an export that reads otherwise: noise cell by cell, and pages to the letter."""
    exported = OnnxReader(new)
    assert reader.pixels_per_cell is not None
    for cells in ((3, 50), (36, 160)):
        shape = [number * pixels for number, pixels in zip(cells, reader.pixels_per_cell, strict=True)]
        pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
        difference = np.abs(reader.read_cells(pixels) - read_exported(exported, pixels)).max()
        if difference > TOLERANCE:
            raise UserError(f"{new}: logits differ by {difference:.3g}: expected {TOLERANCE} at most. Nothing is saved")
    one, other = ParagraphTextRecognizer(dirname), ParagraphTextRecognizer(new)
    one.reader, other.reader = reader, exported
    num_same = sum(one.predict(image) == other.predict(image) for image in images)
    print(f"{num_same} of {len(images)} pages read alike to the letter; logits differ by {difference:.2g}")
    if num_same < len(images):
        raise UserError(f"{dirname}: {len(images) - num_same} pages were read otherwise. Nothing is saved")


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
        filename = export(Path(args.artifact_dirname), args.images or [drawn_page()])
    except UserError as error:
        sys.exit(f"error: {error}")
    print(f"Saved {filename}: {filename.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
