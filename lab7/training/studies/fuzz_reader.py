"""Reads many artificial pictures, to find those on which the reader's geometry fails.

    python training/studies/fuzz_reader.py                       # 15,000 pictures
    python training/studies/fuzz_reader.py --num=1 --first=1234  # one of them again, with its traceback

The pictures have sizes from 1 x 1 pixel, lines of any length, height and slope, maps full of noise, and boxes of ink of
any size. The outputs of the line finder and the line model are made up, because networks compute on anything; all code
between them is the real one. Half of the pictures are read by way of the line finder, half by way of the page model's
canvas.
"""

import sys
import traceback
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cv2
import numpy as np
from PIL import Image

from text_recognizer.page.colour import to_colour
from text_recognizer.page.finder_maps import MAPS, FinderMaps
from text_recognizer.page.layout import page_to_canvas
from text_recognizer.page.line_strips import cut_strips
from text_recognizer.recognizer.page_finder import SeenPage
from text_recognizer.recognizer.page_reader import PageReader
from text_recognizer.recognizer.result import tokens_of_cells
from text_recognizer.util import UserError
from text_recognizer.vocabulary import NEWLINE, SPECIAL_TOKENS, Tokenizer
from training.command_line.settings import one_line_errors, parse_settings

CANVASES = ((576, 640), (56, 1024))
MAPPING = [*SPECIAL_TOKENS, *"abcdefghij .", NEWLINE]
CELL_WIDTH = 4
MODES = ("L", "RGB", "RGBA", "1", "LA", "I;16")


@dataclass
class Fuzz:
    """What to try.

    Parameters
    ----------
    num
        Number of pictures.
    first
        Number of the first picture; each has its own random generator.
    largest
        Pixels of the longer side of the largest picture.
    """

    num: int = 15_000
    first: int = 0
    largest: int = 900


class MadeUpFinder:
    """Returns maps of the last layout, or noise, for any picture."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.lines: list[tuple[np.ndarray, float]] = []

    def see(self, picture: np.ndarray) -> SeenPage:
        """Return maps at about half the picture's size, or at any other."""
        step = float(self.rng.choice([0.5, 1, 2, 2, 2, 5]))
        shape = tuple(max(1, round(length / step)) for length in picture.shape[:2])
        maps = {name: self._map(shape, step) for name in MAPS}
        maps["height"] = maps["height"] * float(self.rng.choice([1, 20, 200]))
        if self.lines and self.rng.random() < 0.8:
            maps["core"], maps["height"] = self._of_lines(shape, step)
        return SeenPage(FinderMaps(**maps, up=self.rng.dirichlet(np.ones(4) / 2).astype(np.float32)), step)

    def _map(self, shape: tuple[int, ...], step: float) -> np.ndarray:
        kind = self.rng.integers(4)
        if kind < 2:
            return np.full(shape, float(kind), np.float32)
        noise = self.rng.random(shape).astype(np.float32)
        return noise if kind == 2 else np.clip(4 * cv2.GaussianBlur(noise, (0, 0), 3) - 1.5, 0, 1)

    def _of_lines(self, shape: tuple[int, ...], step: float) -> tuple[np.ndarray, np.ndarray]:
        core = np.zeros(shape, np.float32)
        heights = np.zeros(shape, np.float32)
        for points, height in self.lines:
            line = [np.round(points / step).astype(np.int32)]
            cv2.polylines(core, line, False, 1.0, max(1, round(0.4 * height / step)))
            cv2.polylines(heights, line, False, height / step, max(1, round(0.6 * height / step)))
        return core, heights


class MadeUpReader:
    """Reads any line as random letters."""

    pixels_per_cell = (56, CELL_WIDTH)

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.tokenizer = Tokenizer(MAPPING)

    def read_cells(self, image: np.ndarray) -> np.ndarray:
        """(S, W) uint8 -> (1, W', C) logits."""
        return self.rng.normal(0, 3, (1, -(-image.shape[1] // CELL_WIDTH), len(MAPPING)))


def draw_lines(size: tuple[int, int], rng: np.random.Generator) -> list[tuple[np.ndarray, float]]:
    """Draw up to 45 lines, each (N, 2) points and a height, on a picture of a size or partly beyond it."""
    lines = []
    slope = rng.normal(0, 0.15)
    for _ in range(int(rng.choice([0, 1, 2, 8, 45]))):
        height = float(np.exp(rng.uniform(np.log(2), np.log(max(3, size[1])))))
        left = rng.uniform(-0.1, 0.9) * size[0]
        length = np.exp(rng.uniform(0, np.log(1.2 * size[0] + 1)))
        x = np.linspace(left, left + length, int(rng.integers(2, 9)))
        y = rng.uniform(-0.1, 1.1) * size[1] + slope * (x - left) + rng.normal(0, 0.1 * height, len(x))
        lines.append((np.stack([x, y], axis=1), height))
    return lines


def draw_picture(size: tuple[int, int], lines: list[tuple[np.ndarray, float]], rng: np.random.Generator) -> Image.Image:
    """Draw strokes along lines, or a box of ink of any size, dark on light or the reverse, in any mode."""
    paper, ink = (int(value) for value in rng.integers(0, 256, 2))
    image = np.full(size[::-1], paper, np.uint8)
    for points, height in lines:
        zigzag = points + np.stack([np.zeros(len(points)), rng.normal(0, height / 3, len(points))], axis=1)
        cv2.polylines(image, [np.round(zigzag).astype(np.int32)], False, ink, max(1, round(height / 12)))
    if not lines or rng.random() < 0.3:
        (x0, x1), (y0, y1) = (np.sort(rng.integers(0, length + 1, 2)) for length in size)
        image[y0:y1, x0:x1] = ink
    if rng.random() < 0.3:
        image = np.clip(image + rng.normal(0, rng.uniform(0, 60), image.shape), 0, 255).astype(np.uint8)
    mode = str(rng.choice(MODES))
    if mode == "I;16":
        return Image.fromarray(image.astype(np.uint16) * 257)
    return Image.fromarray(image).convert(mode)


def try_one(number: int, largest: int) -> None:
    """Read one picture; raise any error."""
    rng = np.random.default_rng([15, number])
    width, height = (int(np.exp(rng.uniform(0, np.log(largest)))) for _ in range(2))
    lines = draw_lines((width, height), rng)
    picture = draw_picture((width, height), lines, rng)
    if number % 2:
        finder = MadeUpFinder(rng)
        finder.lines = lines
        read_line_by_line(picture, finder, rng)
    else:
        canvas = page_to_canvas(picture, CANVASES[int(rng.integers(2))], bool(rng.integers(2)))
        if canvas is not None:
            places = [[(float(x), float(y)) for x, y in points] for points, _ in lines]
            cut_strips(canvas.page, places, canvas.line_distance)


def read_line_by_line(picture: Image.Image, finder: Any, rng: np.random.Generator) -> None:
    """Read a picture with a `PageReader`, and access all parts of the reading."""
    merge = partial(tokens_of_cells, merge=True)
    line_reader: Any = SimpleNamespace(reader=MadeUpReader(rng), tokens_of_cells=merge, calibrated=list)
    reading = PageReader(finder, line_reader, keep_print=bool(rng.integers(2))).read(to_colour(picture))
    assert 0 <= reading.confidence <= 1, reading.confidence
    assert 0 <= reading.unread <= 1, reading.unread
    for line in reading.lines:
        assert line.box is not None
        left, top, right, bottom = line.box
        assert 0 <= left <= right <= picture.width, line.box
        assert 0 <= top <= bottom <= picture.height, line.box


def fuzz(args: Fuzz) -> Counter[str]:
    """Try all pictures; print and count what failed."""
    if args.num < 1 or args.largest < 2:
        raise UserError(f"--num={args.num} --largest={args.largest}: expected 1 or more, and 2 or more")
    failures: Counter[str] = Counter()
    for number in range(args.first, args.first + args.num):
        try:
            try_one(number, args.largest)
        except Exception as error:  # any error is a finding
            place = traceback.extract_tb(error.__traceback__)[-1]
            kind = f"{type(error).__name__} in {Path(place.filename).name}:{place.lineno}"
            if not failures[kind]:
                print(f"picture {number}:", file=sys.stderr)
                traceback.print_exception(error)
            failures[kind] += 1
    print(f"{args.num:,} pictures, {failures.total()} failed")
    for kind, num in failures.most_common():
        print(f"{num:6} {kind}")
    return failures


def main(argv: list[str] | None = None) -> None:
    """Run from the command line; the exit status is 1 if a picture failed."""
    with one_line_errors():
        failures = fuzz(parse_settings(Fuzz, __doc__, argv))
    sys.exit(int(bool(failures)))


if __name__ == "__main__":
    main()
