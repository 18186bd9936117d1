"""Exports an artifact to ONNX, to read without PyTorch in a third of the time.

    python training/export/export_onnx.py                        # the recogniser of paragraphs
    python training/export/export_onnx.py page1.png page2.png    # compares the texts of these pages

It needs the packages onnx, onnxscript and onnxruntime; reading needs onnxruntime alone. model.onnx is written beside
model.pt, where the recogniser finds it, but only if both read the same; a model with a decoder gets a second file,
decoder.onnx. The networks that all recognisers share, which find lines, print and the way up, are exported with the
first recogniser. Models of the early labs, with sliding windows, are not exported.
"""

import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import nn

from text_recognizer.documents.open_picture import Source
from text_recognizer.models.any_size import AnySizeModel
from text_recognizer.models.base import Model
from text_recognizer.models.cells import MapModel
from text_recognizer.models.encoder_decoder import EncoderDecoder
from text_recognizer.models.paragraph_resnet_lstm import ParagraphResNetLSTM
from text_recognizer.recognizer.artifact_files import (
    ARTIFACTS_DIRNAME,
    CONFIG_FILENAME,
    DECODER_FILENAME,
    LINES_DIRNAME,
    ONNX_FILENAME,
    PRINT_DIRNAME,
    WAY_UP_DIRNAME,
    check_directory,
    finder_of,
    read_config,
)
from text_recognizer.recognizer.finder_network import FINDER_CLASS, TorchFinder
from text_recognizer.recognizer.onnx_decoder import OnnxDecoder
from text_recognizer.recognizer.onnx_reader import PIXELS_PER_CELL, OnnxReader
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from text_recognizer.recognizer.strip_network import StripNetwork
from text_recognizer.recognizer.torch_reader import TorchReader
from text_recognizer.util import UserError
from text_recognizer.whole_directory import write_whole_directory
from training.command_line.settings import run_command
from training.export.export_decoder import export_graph, write_graphs
from training.export.export_finder import compare_finders, write_finder
from training.export.export_strip_network import STRIP_NETWORKS, compare_strip_networks, write_strip_network
from training.export.split_lstm import free_lengths, with_split_lstms

PACKAGES = ("onnx", "onnxscript", "onnxruntime")
EXPORTED = (DECODER_FILENAME, ONNX_FILENAME)
EXAMPLE_COLUMNS, MOST_COLUMNS = 80, 2048  # cells of the example image for tracing, and of a very long line
EXAMPLE_ROWS, MOST_ROWS = 10, 128
COMPARED = ((3, 50), (36, 160))  # rows and columns of images of noise; those of lines have one row
TOLERANCE = 0.01  # largest difference of logits: 0.001 was observed, for logits between -20 and 20


@dataclass
class Export:
    """What to export.

    Parameters
    ----------
    images
        Pages that both models must read alike; a drawn page if there are none.
    artifact_dirname
        Directory with model.pt, into which the exported model is written.
    """

    images: list[str] = field(default_factory=list)
    artifact_dirname: str = str(ARTIFACTS_DIRNAME / "paragraph_text_recognizer")


class Cells(nn.Module):
    """The exported module: the model's logits of each cell.

    Parameters
    ----------
    model
        A model that takes images of any size, or lines of any width.
    """

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(1, 1, H, W) -> (H', W', C) logits."""
        if isinstance(self.model, ParagraphResNetLSTM):
            # Not `read_rows`: with torch 2.14 its export is fixed to the width of the example.
            return self.model.read_each_row(x)
        return self.model(x).permute(0, 2, 1)  # (B, C, W') -> (B, W', C): a line is one row


def export(dirname: Path, images: Sequence[Source]) -> list[Path]:
    """Write model.onnx beside each model.pt of an artifact, if both read the same."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise UserError(f"{' and '.join(missing)}: not installed; run: python -m pip install {' '.join(PACKAGES)}")
    check_directory(dirname)
    model_class = read_config(dirname / CONFIG_FILENAME)["model_class"]
    if model_class == FINDER_CLASS:
        return [export_finder(dirname)]
    if model_class in STRIP_NETWORKS:
        return [export_strip_network(dirname, STRIP_NETWORKS[model_class])]
    names = [name for name in (".", LINES_DIRNAME) if (dirname / name).is_dir()]
    readers = {name: TorchReader(dirname / name) for name in names}
    for name, reader in readers.items():
        if not isinstance(reader.model, AnySizeModel | EncoderDecoder):
            kind = reader.config["model_class"]
            raise UserError(
                f"{dirname / name}: a {kind} cannot be exported. Expected a model such as ParagraphResNetLSTM"
            )
    with write_whole_directory(dirname) as new, tempfile.TemporaryDirectory() as temporary:
        old = Path(temporary) / "old"
        for copy in (new, old):
            shutil.copytree(dirname, copy, ignore=shutil.ignore_patterns(*EXPORTED), dirs_exist_ok=True)
        for name, reader in readers.items():
            if isinstance(reader.model, EncoderDecoder):
                input_dims = reader.config["data_config"]["input_dims"]
                write_graphs(reader.model, input_dims, new / name / ONNX_FILENAME, new / name / DECODER_FILENAME)
                compare_decoding(reader, new / name)
            else:
                write_onnx(reader, new / name / ONNX_FILENAME)
                compare_noise(reader, new / name)
        compare_pages(old, new, images)
    filenames = [dirname / name / exported for name in names for exported in EXPORTED]
    return [filename for filename in filenames if filename.is_file()]


def shared_networks(dirname: Path) -> list[Path]:
    """Return the artifacts that a recogniser shares with others and that are not exported yet."""
    if not (dirname / LINES_DIRNAME).is_dir():
        return []
    shared = (finder_of(dirname), PRINT_DIRNAME, WAY_UP_DIRNAME)
    return [one for one in shared if one.is_dir() and not (one / ONNX_FILENAME).is_file()]


def export_finder(dirname: Path) -> Path:
    """Write model.onnx beside a line finder's model.pt, if both predict the same."""
    finder = TorchFinder(dirname).model
    with write_whole_directory(dirname) as new:
        shutil.copytree(dirname, new, ignore=shutil.ignore_patterns(*EXPORTED), dirs_exist_ok=True)
        write_finder(finder, new / ONNX_FILENAME)
        compare_finders(dirname, new)
    return dirname / ONNX_FILENAME


def export_strip_network(dirname: Path, network_class: type[StripNetwork]) -> Path:
    """Write model.onnx beside the model.pt of a network that looks at strips, if both predict the same."""
    with write_whole_directory(dirname) as new, tempfile.TemporaryDirectory() as temporary:
        old = Path(temporary) / "old"
        for copy in (new, old):
            shutil.copytree(dirname, copy, ignore=shutil.ignore_patterns(*EXPORTED), dirs_exist_ok=True)
        trained = network_class(old)
        height = read_config(dirname / CONFIG_FILENAME)["data_config"]["input_dims"][1]
        write_strip_network(trained.model, height, new / ONNX_FILENAME)
        compare_strip_networks(trained, network_class(new), height)
    return dirname / ONNX_FILENAME


def write_onnx(reader: TorchReader, filename: Path) -> None:
    """Export a model for images of any number of whole cells."""
    assert reader.pixels_per_cell is not None
    height, width = reader.pixels_per_cell
    # Sizes are declared as multiples, which spares PyTorch the rounding: one minute instead of five.
    sizes = {3: width * torch.export.Dim("columns", min=2, max=MOST_COLUMNS)}
    if is_for_pages(reader):
        shape = (1, 1, height * EXAMPLE_ROWS)
        sizes[2] = height * torch.export.Dim("rows", min=2, max=MOST_ROWS)
    else:  # lines form a batch: exported for a single line, the last layer is fixed to one width
        shape = (2, 1, height)
        sizes[0] = torch.export.Dim("lines", min=1, max=MOST_ROWS)
    example = torch.rand(*shape, width * EXAMPLE_COLUMNS)
    program = export_graph(Cells(with_split_lstms(reader.model)).eval(), (example,), dynamic_shapes={"x": sizes})
    free_lengths(program.model.graph, EXAMPLE_COLUMNS)
    program.model.metadata_props[PIXELS_PER_CELL] = f"{height} {width}"
    program.save(filename)


def is_for_pages(reader: TorchReader) -> bool:
    """Tell whether a model reads pages; to a line model, each image is one row of cells."""
    return isinstance(reader.model, MapModel)


def compare_decoding(reader: TorchReader, new: Path) -> None:
    """Refuse an export that decodes other tokens or probabilities."""
    exported = OnnxDecoder(new)
    _, *shape = reader.config["data_config"]["input_dims"]
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    one = reader.decode(pixels, with_details=True)
    other = exported.decode(pixels, with_details=True)
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
    """Refuse an export with other logits on images of noise."""
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
    """Refuse an export that reads pages differently, by a single letter or more."""
    one, other = ParagraphTextRecognizer(old), ParagraphTextRecognizer(new)
    assert isinstance(other.reader, OnnxReader | OnnxDecoder)
    num_same = sum(one.predict(image) == other.predict(image) for image in images)
    print(f"{num_same} of {len(images)} pages read alike to the letter")
    if num_same < len(images):
        raise UserError(f"{len(images) - num_same} pages were read otherwise. Nothing is saved")


def read_exported(exported: OnnxReader, pixels: np.ndarray) -> np.ndarray:
    """Read with an exported model, which may refuse a size."""
    try:
        return exported.read_cells(pixels)
    except Exception as error:  # ONNX Runtime's exceptions share no base class of their own
        raise UserError(f"the export fails on {pixels.shape}: {str(error).splitlines()[0]}. Nothing is saved") from None


def drawn_page() -> Image.Image:
    """Draw a page for users without one."""
    page = Image.new("L", (900, 500), 240)
    for i, line in enumerate(("A page of three lines, in", "the type of a computer:", "no handwriting, but ink.")):
        ImageDraw.Draw(page).text((60, 80 + 80 * i), line, fill=20, font=ImageFont.load_default(48))
    return page


def run(args: Export) -> None:
    """Export as `args` say, and print what was saved."""
    dirname = Path(args.artifact_dirname)
    shared = [filename for one in shared_networks(dirname) for filename in export(one, [])]
    for filename in [*shared, *export(dirname, args.images or [drawn_page()])]:
        print(f"Saved {filename}: {filename.stat().st_size / 1e6:.1f} MB")


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(run, Export, __doc__, argv, words="images")


if __name__ == "__main__":
    main()
