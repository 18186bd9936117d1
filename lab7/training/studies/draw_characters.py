"""Draws the pictures of single characters that lab 7 shows and tests, as strokes of a pen and without a font.

    python training/studies/draw_characters.py pictures

The strokes are defined below by points, which a pen of varying width joins with a smooth curve.

Letters in this file: P points.
"""

import math
import sys
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from scipy.interpolate import CubicSpline

from text_recognizer.util import write_atomically
from training.command_line.settings import one_line_errors

SIZE, SCALE, PEN = 160, 3, 7.5  # pixels of a picture, the factor of supersampling, and the width of the pen
PAPER, INK = (244, 240, 229), (38, 44, 92)
Stroke = list[tuple[float, float]]  # points of the pen's path, x and y in hundredths of the picture
STROKES: dict[str, list[Stroke]] = {
    "8": [[(62, 26), (48, 20), (38, 31), (48, 45), (62, 59), (59, 77), (44, 80), (37, 67), (47, 52), (62, 38)]],
    "U": [[(32, 22), (31, 45), (34, 68), (48, 79), (62, 69), (67, 45), (68, 21)]],
    "e": [[(34, 52), (48, 51), (62, 44), (58, 32), (46, 31), (35, 43), (34, 60), (45, 71), (58, 68), (66, 60)]],
}  # fmt: skip


def way_of(stroke: Stroke) -> np.ndarray:
    """Sample a smooth curve through the points of a stroke: (P, 2)."""
    points = np.array(stroke) * SIZE * SCALE / 100
    lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    return CubicSpline(lengths, points)(np.arange(0, lengths[-1], 1.0))


def draw(character: str) -> Image.Image:
    """Draw a character on paper."""
    rng = np.random.default_rng(ord(character))
    picture = Image.new("RGB", (SIZE * SCALE, SIZE * SCALE), PAPER)
    canvas = ImageDraw.Draw(picture)
    for stroke in STROKES[character]:
        for i, (x, y) in enumerate(way_of(stroke)):
            radius = SCALE * PEN / 2 * (1 + 0.15 * math.sin(i / 60))
            canvas.ellipse([x - radius, y - radius, x + radius, y + radius], fill=INK)
    small = picture.filter(ImageFilter.GaussianBlur(SCALE)).resize((SIZE, SIZE), Image.Resampling.LANCZOS)
    grains = rng.normal(0, 3, (SIZE, SIZE, 1))
    return Image.fromarray((np.asarray(small) + grains).clip(0, 255).astype(np.uint8))


def main(argv: list[str] | None = None) -> None:
    """Write a picture of each character."""
    argv = sys.argv[1:] if argv is None else argv
    if argv in (["--help"], ["-h"]):
        print(__doc__)
        return
    if len(argv) != 1 or argv[0].startswith("-"):
        sys.exit(f"error: {' '.join(argv) or 'nothing'}: expected a directory for the pictures, such as pictures")
    with one_line_errors():
        for character in STROKES:
            filename = Path(argv[0]) / f"{character}.jpg"
            with write_atomically(filename) as file:
                draw(character).save(file, format="jpeg", quality=90)
            print(filename)


if __name__ == "__main__":
    main()
