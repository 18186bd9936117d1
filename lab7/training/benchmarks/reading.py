"""Times the recogniser, from a file to its text, and the command, from its start to its end.

    python training/benchmarks/reading.py
    python training/benchmarks/reading.py --artifact_dirname=text_recognizer/artifacts/paragraph_text_recognizer
    python training/benchmarks/reading.py --with_onnx     # exported by training/export/export_onnx.py too

The page has 600 characters. Without --artifact_dirname the models have random weights. ResnetTransformer never
predicts the end token, so it decodes 600 tokens, with a cache and without one. Reading in one pass takes as long with
random weights as with trained ones. Run nothing else meanwhile.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import warnings
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from text_recognizer import models, paragraph_text_recognizer
from text_recognizer.data.paragraphs.canvas import IMAGE_HEIGHT, IMAGE_WIDTH, PARAGRAPH_MAPPING
from text_recognizer.models.base import Model
from text_recognizer.models.cells import CTCHeadModel
from text_recognizer.models.encoder_decoder import EncoderDecoder
from text_recognizer.recognizer.artifact_files import (
    CONFIG_FILENAME,
    DECODER_FILENAME,
    ONNX_FILENAME,
    WEIGHTS_FILENAME,
    find_artifact,
)
from text_recognizer.recognizer.reader import Decoded
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from text_recognizer.recognizer.torch_reader import TorchReader, as_tensor
from text_recognizer.util import UserError
from training.benchmarks.memory import most_memory_of_script, shown
from training.benchmarks.timing import Way, in_turns, load, medians, processor, seconds, table
from training.command_line.settings import run_command

NUM_CHARACTERS, NUM_LINES = 600, 12
NUM_LARGE_LINES = 27
SIZES = {"page": (1240, 1240), "photograph": (4000, 3000), "largest": (10320, 7740)}  # width and height in pixels
DATA_CONFIG: dict[str, Any] = {
    "input_dims": (1, IMAGE_HEIGHT, IMAGE_WIDTH),
    "output_dims": (NUM_CHARACTERS + 1,),  # with the start token, and without an end token
    "mapping": PARAGRAPH_MAPPING,
}
COMMAND = Path(paragraph_text_recognizer.__file__)
EXPORTED = " exported"  # suffix of a model's name
NEVER = -60_000.0  # a logit that half precision can hold, and whose probability is 0


@dataclass
class Benchmark:
    """What to time.

    Parameters
    ----------
    artifact_dirname
        Time this model instead of models with random weights.
    num_rounds
        Number of times that each way is timed.
    with_onnx
        Time exported models too; see export_onnx.py.
    with_bf16
        Time reading in bfloat16 too.
    no_uncached
        Leave out decoding without a cache, which is the slowest.
    picture
        What to read: the page of 600 characters, or 27 such lines on a photograph of 12 megapixels, or on one of 80 in
        colour, about the largest that is read.
    """

    artifact_dirname: str | None = None
    num_rounds: int = 10
    with_onnx: bool = False
    with_bf16: bool = False
    no_uncached: bool = False
    picture: Literal["page", "photograph", "largest"] = "page"

    def __post_init__(self) -> None:
        if self.num_rounds < 1:
            raise UserError(f"--num_rounds={self.num_rounds}: expected 1 or more")


def draw_page(picture: str = "page") -> Image.Image:
    """Draw 12 lines of 50 characters, including line breaks, at the size of a page scanned at 150 dpi.

    With another name in SIZES, draw 27 such lines at that size; the largest picture is in colour.
    """
    size = SIZES[picture]
    num_lines, font_size = (NUM_LINES, 40) if picture == "page" else (NUM_LARGE_LINES, 96 * size[0] // 4000)
    margin = 2 * font_size
    page = Image.new("RGB" if picture == "largest" else "L", size, (240, 240, 240) if picture == "largest" else 240)
    font = ImageFont.load_default(font_size)
    line = "the quick brown fox jumps over the lazy dogs again"[: NUM_CHARACTERS // NUM_LINES - 1]
    pitch = (size[1] - 2 * margin) // num_lines
    for i in range(num_lines):
        ImageDraw.Draw(page).text((margin, margin + pitch * i), line, "#1e1e1e", font)
    return page


def write_fresh(model_class: str, dirname: Path) -> None:
    """Write a complete artifact of a model with random weights."""
    torch.manual_seed(0)
    model: Model = getattr(models, model_class)(DATA_CONFIG)
    if isinstance(model, CTCHeadModel):
        model.add_ctc_head()
        model.decoder.classifier.bias.data[model.tokens.end] = NEVER
    loss = "transformer" if model.takes_labels else "ctc"
    config = {"model_class": model_class, "model_flags": {}, "loss": loss, "data_config": DATA_CONFIG}
    dirname.mkdir()
    (dirname / CONFIG_FILENAME).write_text(json.dumps(config))
    torch.save(model.state_dict(), dirname / WEIGHTS_FILENAME)


class UncachedReader(TorchReader):
    """Decodes without a cache: for each token, all tokens before it are computed again."""

    @torch.inference_mode()
    def decode(self, pixels: np.ndarray, with_details: bool = False) -> Decoded:
        """Decode greedily, as many tokens as the page has characters."""
        model = self.model
        assert isinstance(model, EncoderDecoder)
        memory = model.encode(as_tensor(pixels))
        tokens = torch.tensor([[model.tokens.start]])
        for _ in range(NUM_CHARACTERS):
            tokens = torch.cat([tokens, model.decoder(tokens, memory)[:, -1:].argmax(dim=2)], dim=1)
        return Decoded(tokens[0].tolist())


def ways_of(name: str, dirname: Path, filename: Path, bf16: bool = False) -> dict[str, Way]:
    """Return the ways in which an artifact's model can read a file."""
    recognizer = ParagraphTextRecognizer(dirname, bf16)
    modes = [mode for mode in recognizer.modes if not bf16 or mode == "fast" or recognizer.line_reader]
    ending = ", in bf16" if bf16 else ""  # a decoder always computes in 32 bits
    return {f"{name}, {mode}{ending}": partial(recognizer.predict, filename, mode) for mode in modes}


def exported(dirname: Path, copy: Path) -> Path:
    """Copy an artifact and export its models there."""
    from training.export.export_onnx import drawn_page, export  # needs packages of an extra

    shutil.copytree(dirname, copy)
    export(copy, [drawn_page()])
    return copy


def uncached_way(dirname: Path, filename: Path) -> Way:
    """Return the way of decoding without a cache."""
    recognizer = ParagraphTextRecognizer(dirname)
    recognizer.reader = UncachedReader(dirname)
    return lambda: recognizer.predict(filename, "careful")


def command_way(dirname: Path, filename: Path) -> Way:
    """Return the way of the command, in a new process."""
    command = [sys.executable, str(COMMAND), str(filename), f"--artifact_dirname={dirname}"]
    return lambda: subprocess.run(command, check=True, capture_output=True)


def benchmark(args: Benchmark) -> None:
    """Print the median seconds of each way; the ways take turns."""
    with tempfile.TemporaryDirectory() as temporary:
        filename = Path(temporary) / "page.png"
        draw_page(args.picture).save(filename)
        dirnames: dict[str, Path] = {}
        if args.artifact_dirname:
            dirnames["artifact"] = Path(temporary) / "artifact"
            left_out = shutil.ignore_patterns(ONNX_FILENAME, DECODER_FILENAME)
            shutil.copytree(find_artifact(args.artifact_dirname), dirnames["artifact"], ignore=left_out)
        for model_class in () if args.artifact_dirname else ("ResnetTransformer", "ParagraphResNetLSTM"):
            dirnames[model_class] = Path(temporary) / model_class
            write_fresh(model_class, dirnames[model_class])
        if args.with_onnx:
            for name, dirname in [*dirnames.items()]:
                dirnames[f"{name}{EXPORTED}"] = exported(dirname, Path(temporary) / f"{name}{EXPORTED}")
        ways: dict[str, Way] = {}
        for name, dirname in dirnames.items():
            ways |= ways_of(name, dirname, filename) | {f"{name}, the command": command_way(dirname, filename)}
            if args.with_bf16 and not name.endswith(EXPORTED):
                ways |= ways_of(name, dirname, filename, bf16=True)
        before = load()
        times = in_turns(ways, args.num_rounds)
        if not args.no_uncached and "ResnetTransformer" in dirnames:
            times["ResnetTransformer, careful, uncached (once)"] = [
                seconds(uncached_way(dirnames["ResnetTransformer"], filename))
            ]
        memory = [
            f"{name} {shown(most_memory_of_script(COMMAND, [str(filename), f'--artifact_dirname={dirname}']))}"
            for name, dirname in dirnames.items()
        ]
    size = " x ".join(map(str, SIZES[args.picture]))
    text = f"{NUM_CHARACTERS} characters" if args.picture == "page" else f"{NUM_LARGE_LINES} lines"
    page = f"A page of {text}, {size} pixels"
    print(f"{page}, from a file to its text; median of {args.num_rounds}")
    print(f"{processor()}, {torch.get_num_threads()} threads, torch {torch.__version__}, {before} to {load()}")
    print(table([(name, f"{median:.2f} s") for name, median in medians(times).items()]))
    print(f"  most memory of the command: {', '.join(memory)}")


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    warnings.filterwarnings("ignore", message="the model stops after")  # an untrained decoder always does
    run_command(benchmark, Benchmark, __doc__, argv)


if __name__ == "__main__":
    main()
