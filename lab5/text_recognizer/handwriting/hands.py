"""The available hands: handwriting fonts that `make fonts` installed, and pen strokes by Hershey.

Lengths of a hand are shares of its x-height, the height of an x. Letters in this file: H W image.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from text_recognizer.checked_json import Between, check_json, parse_json
from text_recognizer.handwriting.fonts import Metrics, open_font
from text_recognizer.handwriting.hershey import glyph_of
from text_recognizer.images.constants import WHITE
from text_recognizer.paths import DOWNLOADED_DIRNAME
from text_recognizer.util import UserError

FONTS_DIRNAME = DOWNLOADED_DIRNAME / "fonts"
INDEX_NAME = "index.json"  # what `make fonts` found in the fonts; written last, so that it stands for a whole install
ENTRIES = [{"file": str, "family": str, **dict.fromkeys(Metrics._fields, Between(1e-6, 1e6))}]
TABLE_FILENAME = Path(__file__).with_name("families.csv")
X_HEIGHT = 17  # pixels; callers that need another size scale the result
FORMAL_WEIGHT = 0.25  # how often a formal script is chosen, an everyday hand being 1
HERSHEY_WEIGHT = 0.5
MAX_NUM_TRIES = 50
# Hershey's faces that look written: height of an x and descent of a g in their own units, and whether held out.
HERSHEY_FACES = {
    "cursive": (9, 12, False),
    "scripts": (9, 12, False),
    "futural": (14, 7, False),
    "timesi": (14, 7, False),
    "scriptc": (9, 12, True),
    "rowmans": (14, 7, True),
}
HERSHEY_ASCENT, HERSHEY_STROKE = 21, 0.12


class Family(NamedTuple):
    """One line of the table of families."""

    name: str
    look: str
    licence: str
    version: str
    held_out: bool


@dataclass(frozen=True, eq=False)
class Hand:
    """A font file that writes the whole vocabulary.

    Parameters
    ----------
    family
        Name of the family; its files differ in the width of the pen.
    look
        "everyday" or "formal".
    weight
        How often it is chosen: the weights of a family's files add up to the family's.
    ascent, descent, stroke, hairline
        See `Metrics`.
    filename, size
        The font file, and how many pixels its em has where an x is X_HEIGHT high.
    """

    family: str
    look: str
    weight: float
    ascent: float
    descent: float
    stroke: float
    hairline: float
    filename: str
    size: float

    def width(self, text: str) -> float:
        """Return how far the pen goes, in pixels."""
        return open_font(self.filename, self.size).getlength(text)

    def draw(self, image: Image.Image, text: str, x: float, baseline: float, thicker: float) -> None:
        """Write on an image (H, W), with strokes thicker by this many pixels."""
        font = open_font(self.filename, self.size)
        ImageDraw.Draw(image).text((x, baseline), text, WHITE, font, "ls", stroke_width=max(0, thicker / 2))


@dataclass(frozen=True, eq=False)
class HersheyHand(Hand):
    """One of A. V. Hershey's faces of 1967: lines for a plotter's pen, drawn with any thickness."""

    def width(self, text: str) -> float:
        """Return how far the pen goes, in pixels."""
        return self.size * sum(glyph_of(self.filename, character).advance for character in text)

    def draw(self, image: Image.Image, text: str, x: float, baseline: float, thicker: float) -> None:
        """Write on an image (H, W), with strokes this many pixels thicker than the thinnest."""
        draw, pen = ImageDraw.Draw(image), max(1, round(self.stroke * X_HEIGHT + thicker))
        for character in text:
            advance, strokes = glyph_of(self.filename, character)
            for stroke in strokes:
                points = [(x + self.size * right, baseline + self.size * down) for right, down in stroke]
                draw.line(points, fill=WHITE, width=pen, joint="curve")
            x += self.size * advance


@dataclass(frozen=True, eq=False)
class Hands:
    """The hands of one split, to draw from.

    Parameters
    ----------
    hands
        All hands of the split.
    """

    hands: tuple[Hand, ...]

    @cached_property
    def families(self) -> list[str]:
        """Names of the families in use."""
        return sorted({hand.family for hand in self.hands})

    def draw_plain(self, rng: np.random.Generator) -> Hand:
        """Draw an everyday hand: nobody writes words in capitals with flourishes."""
        for _ in range(MAX_NUM_TRIES):
            hand = self.draw(rng)
            if hand.look == "everyday":
                break
        return hand

    def draw(self, rng: np.random.Generator) -> Hand:
        """Draw a hand by weight."""
        return self.hands[int(np.searchsorted(self._shares, rng.random(), side="right"))]

    @cached_property
    def _shares(self) -> np.ndarray:
        weights = np.cumsum([hand.weight for hand in self.hands])
        return weights / weights[-1]


@cache
def find_hands(split: str, dirname: Path | None = None) -> Hands:
    """Return the hands of "train", or the held-out ones for any other split: those of fonts, and Hershey's.

    Raises
    ------
    UserError
        If the folder of fonts is damaged.
    """
    hands = [*_font_hands(FONTS_DIRNAME if dirname is None else dirname, split != "train"), *_hershey_hands(split)]
    return Hands(tuple(hands))


def read_table() -> dict[str, Family]:
    """Return the families that `make fonts` installs, by name."""
    with TABLE_FILENAME.open(newline="") as file:
        rows = [
            Family(row["family"], row["look"], row["licence"], row["version"], row["held_out"] == "yes")
            for row in csv.DictReader(file)
        ]
    return {row.name: row for row in rows}


def describe_hands() -> str:
    """Return in a line the numbers of families for training and for validation."""
    train, held_out = (find_hands(split).families for split in ("train", "val"))
    text = f"{len(train)} handwriting families to train on, {len(held_out)} held out for validation"
    return text if has_fonts() else f"{text} (drawn with Hershey's strokes only: `make fonts` installs many more)"


def has_fonts() -> bool:
    """Tell whether `make fonts` has installed fonts."""
    return (FONTS_DIRNAME / INDEX_NAME).exists()


def _font_hands(dirname: Path, held_out: bool) -> Iterable[Hand]:
    if not (dirname / INDEX_NAME).exists():
        return
    table, entries = read_table(), _read_index(dirname / INDEX_NAME)
    for entry in entries:
        family = table.get(entry["family"])
        if family is None or family.held_out != held_out:
            continue
        num_files = sum(other["family"] == family.name for other in entries)
        weight = (FORMAL_WEIGHT if family.look == "formal" else 1) / num_files
        metrics = Metrics(*(entry[name] for name in Metrics._fields))
        yield Hand(
            family.name, family.look, weight, *metrics[1:], str(dirname / entry["file"]), X_HEIGHT / metrics.x_height
        )


def _read_index(filename: Path) -> list[dict]:
    try:
        entries = parse_json(filename.read_bytes(), INDEX_NAME)
        check_json(entries, ENTRIES, INDEX_NAME)
        return entries
    except (OSError, UserError) as error:
        raise UserError(f"{filename} is damaged ({error}): delete {filename.parent} and type `make fonts`") from None


def _hershey_hands(split: str) -> Iterable[Hand]:
    for face, (x_height, descent, held_out) in HERSHEY_FACES.items():
        if held_out == (split != "train"):
            lengths = (HERSHEY_ASCENT / x_height, descent / x_height, HERSHEY_STROKE, HERSHEY_STROKE)
            yield HersheyHand(f"hershey-{face}", "everyday", HERSHEY_WEIGHT, *lengths, face, X_HEIGHT / x_height)
