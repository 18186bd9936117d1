"""Times how long the recogniser takes from a file to its text, and from typing the command to its end.

    python training/benchmark_reading.py
    python training/benchmark_reading.py --artifact_dirname=text_recognizer/artifacts/paragraph_text_recognizer
    python training/benchmark_reading.py --with_onnx     # and what training/export_onnx.py makes of them

The page has 600 characters. Without an artifact the models are fresh, with random weights: ResnetTransformer never
takes the end token, so that it writes 600 tokens, once with what it computed before and once computing all anew for
each token; and what either model reads in one pass takes as long whatever it says. Let nothing else run meanwhile.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from PIL import Image, ImageDraw, ImageFont

from text_recognizer import models, paragraph_text_recognizer
from text_recognizer.artifact_files import CONFIG_FILENAME, DECODER_FILENAME, ONNX_FILENAME, WEIGHTS_FILENAME
from text_recognizer.data.paragraph_canvas import IMAGE_HEIGHT, IMAGE_WIDTH, PARAGRAPH_MAPPING
from text_recognizer.paragraph_text_recognizer import ParagraphTextRecognizer, find_artifact
from text_recognizer.reading import Written
from text_recognizer.torch_reader import as_tensor
from text_recognizer.util import UserError

NUM_CHARACTERS, NUM_LINES = 600, 12
DATA_CONFIG: dict[str, Any] = {
    "input_dims": (1, IMAGE_HEIGHT, IMAGE_WIDTH),
    "output_dims": (NUM_CHARACTERS + 1,),  # with the start token; there is no end
    "mapping": PARAGRAPH_MAPPING,
}
EXPORTED = " exported"  # ends a model's name
Way = Callable[[], object]


def draw_page() -> Image.Image:
    """Draw 12 lines of 50 characters, the line breaks among them, as large as a page scanned at 150 dpi."""
    page, font = Image.new("L", (1240, 1240), 240), ImageFont.load_default(40)
    line = "the quick brown fox jumps over the lazy dogs again"[: NUM_CHARACTERS // NUM_LINES - 1]
    for i in range(NUM_LINES):
        ImageDraw.Draw(page).text((80, 80 + 88 * i), line, fill=30, font=font)
    return page


def write_fresh(model_class: str, dirname: Path) -> None:
    """Write an artifact of a model with random weights, and with all its parts."""
    torch.manual_seed(0)
    model: Any = getattr(models, model_class)(DATA_CONFIG)
    if hasattr(model, "add_ctc_head"):
        model.add_ctc_head()
        model.decoder.classifier.bias.data[model.end] = -torch.inf
    loss = "transformer" if hasattr(model, "predict") else "ctc"
    config = {"model_class": model_class, "model_flags": {}, "loss": loss, "data_config": DATA_CONFIG}
    dirname.mkdir()
    (dirname / CONFIG_FILENAME).write_text(json.dumps(config))
    torch.save(model.state_dict(), dirname / WEIGHTS_FILENAME)


@torch.inference_mode()
def write_uncached(recognizer: ParagraphTextRecognizer, pixels: Any) -> list[int]:
    """Write the likeliest tokens, computing all before them anew for each."""
    model = recognizer.reader.model
    memory, tokens = model.encode(as_tensor(pixels)), torch.tensor([[model.start]])
    for _ in range(NUM_CHARACTERS):
        tokens = torch.cat([tokens, model.decoder(tokens, memory)[:, -1:].argmax(dim=2)], dim=1)
    return tokens[0].tolist()


def ways_of(name: str, dirname: Path, filename: Path, bf16: bool = False) -> dict[str, Way]:
    """Return the ways in which an artifact's model can read a file."""
    recognizer = ParagraphTextRecognizer(dirname, bf16)
    modes = [mode for mode in recognizer.modes if not bf16 or mode == "fast" or recognizer.line_reader]
    ending = ", in bf16" if bf16 else ""  # a decoder always writes in 32 bits
    return {f"{name}, {mode}{ending}": partial(recognizer.predict, filename, mode) for mode in modes}


def exported(dirname: Path, copy: Path) -> Path:
    """Copy an artifact and export its models there."""
    from training.export_onnx import drawn_page, export  # needs packages that not everybody has

    shutil.copytree(dirname, copy)
    export(copy, [drawn_page()])
    return copy


def uncached_way(dirname: Path, filename: Path) -> Way:
    """Return the way to read without keeping what was computed before."""
    recognizer = ParagraphTextRecognizer(dirname)
    recognizer.reader.write = lambda pixels, with_details: Written(write_uncached(recognizer, pixels))
    return lambda: recognizer.predict(filename, "careful")


def command_way(dirname: Path, filename: Path) -> Way:
    """Return the way of somebody who types the command."""
    script = paragraph_text_recognizer.__file__
    command = [sys.executable, str(script), str(filename), f"--artifact_dirname={dirname}"]
    return lambda: subprocess.run(command, check=True, capture_output=True)


def seconds(way: Way) -> float:
    """Return how long something takes."""
    start = time.perf_counter()
    way()
    return time.perf_counter() - start


def processor() -> str:
    """Return the processor's name."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def load() -> str:
    """Return the machine's load."""
    return f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"


def benchmark(args: argparse.Namespace) -> None:
    """Print the median seconds of each way; the ways take turns."""
    with tempfile.TemporaryDirectory() as temporary:
        filename = Path(temporary) / "page.png"
        draw_page().save(filename)
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
        times: dict[str, list[float]] = {name: [] for name in ways}
        for i in range(args.num_rounds + 1):
            for name, way in ways.items():
                times[name] += [seconds(way)][: 1 if i else 0]  # the first time warms up
        if not args.no_uncached and "ResnetTransformer" in dirnames:
            times["ResnetTransformer, careful, uncached (once)"] = [
                seconds(uncached_way(dirnames["ResnetTransformer"], filename))
            ]
    print(f"A page of {NUM_CHARACTERS} characters, from a file to its text; median of {args.num_rounds}")
    print(f"{processor()}, {torch.get_num_threads()} threads, torch {torch.__version__}, {before} to {load()}")
    for name, some in times.items():
        print(f"  {name:<45}{statistics.median(some):8.2f} s")


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--artifact_dirname", help="time this model, not fresh ones")
    parser.add_argument("--num_rounds", type=int, default=10)
    parser.add_argument("--with_onnx", action="store_true", help="time what export_onnx.py makes of them too")
    parser.add_argument("--with_bf16", action="store_true", help="time reading in numbers of 16 bits too")
    parser.add_argument("--no_uncached", action="store_true", help="leave out the slowest way")
    args = parser.parse_args(argv)
    if args.num_rounds < 1:
        parser.error(f"--num_rounds={args.num_rounds}: expected 1 or more")
    warnings.filterwarnings("ignore", message="the model stops after")  # a fresh decoder always does
    try:
        benchmark(args)
    except UserError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
