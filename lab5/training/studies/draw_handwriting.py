"""Draws a sheet of synthetic handwriting: `python training/studies/draw_handwriting.py --out sheet.png`.

Lines of each look, then two pages with the boxes of their lines and words. `--beside lines.h5` puts training lines of a
prepared file to the left, `data/processed/iam_lines/lines.h5` for instance, and prints how both measure.

Letters in this file: N lines, H W image.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from text_recognizer.data.iam_lines import fit_to_canvas
from text_recognizer.data.prose.text import TextSource, describe_text
from text_recognizer.data.storage.prepared import open_prepared
from text_recognizer.handwriting.camera import LOOKS
from text_recognizer.handwriting.example import Example, draw_example
from text_recognizer.handwriting.hands import Hands, describe_hands, find_hands
from text_recognizer.handwriting.look_stats import NAMES, measure_line
from text_recognizer.handwriting.page import Page, draw_page
from text_recognizer.images.constants import WHITE
from text_recognizer.util import UserError, write_atomically
from text_recognizer.vocabulary import decode
from training.command_line.settings import run_command

PAGE_SHAPE = (576, 640)
SHEET_WIDTH = 2 * PAGE_SHAPE[1]
PERCENTILES = (5, 25, 50, 75, 95)
NUM_MEASURED = 200
LINE_COLOUR, WORD_COLOUR = (200, 30, 30), (60, 120, 220)


@dataclass
class Sheet:
    """Settings of a sheet.

    Parameters
    ----------
    out
        The picture to write; an older one is replaced.
    seed
        Seed of the random numbers; another seed draws another sheet.
    num_lines
        Number of lines of each look.
    held_out
        Write in the families that are kept for validation.
    beside
        A prepared file of real lines, which are drawn beside the engine's for comparison.
    """

    out: Path = Path("sheet.png")
    seed: int = 0
    num_lines: int = 8
    held_out: bool = False
    beside: Path | None = None

    def __post_init__(self) -> None:
        if self.out.suffix != ".png":
            raise UserError(f"--out={self.out}: expected the name of a picture, such as sheet.png")


def write_sheet(args: Sheet) -> None:
    """Draw a sheet and write it."""
    split = "val" if args.held_out else "train"
    print(f"{describe_hands()}; text from {describe_text()}")
    hands, texts = find_hands(split), TextSource(split)
    sheet = draw_sheet(hands, texts, args.seed, args.num_lines)
    if args.beside:
        sheet = put_beside(sheet, args.beside, args.seed)
        compare(args.beside, hands, texts, args.seed)
    with write_atomically(args.out) as file:
        Image.fromarray(sheet).save(file, format="png")
    print(f"Sheet: {args.out}")


def draw_sheet(hands: Hands, texts: TextSource, seed: int, num_lines: int) -> np.ndarray:
    """Draw lines of each look above two pages: (H, W, 3) uint8, dark on light."""
    rows = []
    for i, look in enumerate(LOOKS):
        for index in range(num_lines):
            rows.append(_as_row(draw_example(hands, texts, np.random.default_rng([seed, i, index]), look)))
    pages = [draw_page(hands, texts, PAGE_SHAPE, np.random.default_rng([seed, len(LOOKS), i])) for i in range(2)]
    return np.vstack([*rows, np.hstack([with_boxes(page) for page in pages])])


def with_boxes(page: Page) -> np.ndarray:
    """Return a page (H, W, 3) uint8, dark on light, with the boxes of its lines and words."""
    picture = cv2.cvtColor(WHITE - page.image, cv2.COLOR_GRAY2RGB)
    for line in page.lines:
        for box, colour in [(word, WORD_COLOUR) for word in line.words] + [(line.box, LINE_COLOUR)]:
            cv2.rectangle(picture, box[:2], (box[2] - 1, box[3] - 1), colour, 1)
    return picture


def put_beside(sheet: np.ndarray, filename: Path, seed: int) -> np.ndarray:
    """Put lines of a prepared file to the left of a sheet."""
    images, _ = _stored_lines(filename, len(sheet) // fit_to_canvas(np.zeros((1, 1), np.uint8), 0).shape[0], seed)
    column = cv2.cvtColor(WHITE - np.vstack(list(images)), cv2.COLOR_GRAY2RGB)
    room = ((0, len(sheet) - len(column)), (0, 8), (0, 0))
    return np.hstack([np.pad(column, room, constant_values=128), sheet])


def compare(filename: Path, hands: Hands, texts: TextSource, seed: int) -> None:
    """Print percentiles of what stored lines and the engine's clean lines measure."""
    images, labels = _stored_lines(filename, NUM_MEASURED, seed)
    stored = [measure_line(image, text) for image, text in zip(images, labels, strict=True)]
    examples = [
        draw_example(hands, texts, np.random.default_rng([seed, NUM_MEASURED, i]), "scanned clean")
        for i in range(NUM_MEASURED)
    ]
    drawn = [measure_line(fit_to_canvas(example.image, 0), example.text) for example in examples]
    print(f"{'percentile':24}" + "".join(f"{percentile:8}" for percentile in PERCENTILES))
    for name in NAMES:
        for source, rows in (("stored", stored), ("engine", drawn)):
            values = np.nanpercentile([row[name] for row in rows], PERCENTILES)
            print(f"{name:17}{source:7}" + "".join(f"{value:8.2f}" for value in values))


def _stored_lines(filename: Path, num: int, seed: int) -> tuple[np.ndarray, list[str]]:
    """Return some training lines (N, H, W) uint8 of a prepared file, and their texts."""
    with open_prepared(filename) as file:
        if "x_train" not in file:
            raise UserError(f"--beside={filename}: it has no training lines. Expected for instance IAMLines' lines.h5")
        images, labels = file["x_train"], file["y_train"]
        chosen = np.sort(np.random.default_rng(seed).choice(len(images), min(num, len(images)), replace=False))
        return images[chosen], [decode(row) for row in labels[chosen]]


def _as_row(example: Example) -> np.ndarray:
    """Return a line on paper (H, SHEET_WIDTH, 3), dark on light."""
    image = fit_to_canvas(example.image, int(np.median(example.image)))
    row = cv2.copyMakeBorder(image, 0, 0, 0, SHEET_WIDTH - image.shape[1], cv2.BORDER_REPLICATE)
    return cv2.cvtColor(WHITE - row, cv2.COLOR_GRAY2RGB)


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(write_sheet, Sheet, __doc__, argv)


if __name__ == "__main__":
    main()
