"""Opens and measures font files, and finds the characters that they lack.

Letters in this file: H W image.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from text_recognizer.handwriting.look_stats import stroke_width
from text_recognizer.images.constants import WHITE
from text_recognizer.util import UserError
from text_recognizer.vocabulary import CHARACTERS

MEASURED_AT = 300  # pixels to the em
UNKNOWN = "\uffff"  # no font has it: what is drawn for it is drawn for each missing character


class Metrics(NamedTuple):
    """The heights of a hand's letters."""

    x_height: float  # in ems
    ascent: float  # from the baseline to the top of an l, in x-heights
    descent: float  # from the baseline to the bottom of a g, in x-heights
    stroke: float  # mean width of a stroke, in x-heights
    hairline: float  # width of its thinnest strokes, in x-heights


@cache
def open_font(filename: str, size: float) -> ImageFont.FreeTypeFont:
    """Open a font file at a size in pixels per em, once in each process.

    Raises
    ------
    UserError
        If it is missing or no font.
    """
    try:
        return ImageFont.truetype(filename, size)
    except OSError as error:
        raise UserError(f"{filename} cannot be read ({error}): delete its folder and type `make fonts`") from None


def measure_font(filename: Path) -> Metrics:
    """Measure a font file.

    Raises
    ------
    UserError
        If it is no font, or has no glyph for a character of the vocabulary.
    """
    font = open_font(str(filename), MEASURED_AT)
    if missing := missing_characters(font):
        raise UserError(f"{filename} has no glyph for {' '.join(missing)}: expected the whole vocabulary")
    x_height = np.median([-_box(font, letter)[1] for letter in "acemnorsuvwxz"])
    ascent = np.median([-_box(font, letter)[1] for letter in "bdhkl"])
    descent = np.median([_box(font, letter)[3] for letter in "gpqy"])
    image = Image.new("L", (8 * MEASURED_AT, 3 * MEASURED_AT))
    ImageDraw.Draw(image).text((MEASURED_AT, 2 * MEASURED_AT), "nolihedu", WHITE, font, "ls")
    strokes = (stroke_width(np.asarray(image, dtype=np.float32) / WHITE), _hairline(image))
    lengths = (x_height / MEASURED_AT, *(length / x_height for length in (ascent, descent, *strokes)))
    return Metrics(*(round(float(length), 4) for length in lengths))


def missing_characters(font: ImageFont.FreeTypeFont) -> list[str]:
    """Return the characters of the vocabulary that a font draws as nothing, or as its sign for unknown ones."""
    unknown = pixels_of(font, UNKNOWN)
    drawn = CHARACTERS.replace(" ", "")
    return [character for character in drawn if pixels_of(font, character) in (unknown, b"")]


def index_entry(filename: Path, family: str) -> dict:
    """Describe a font file for the index, so that no process need measure it again."""
    return {"family": family, "file": filename.name, **measure_font(filename)._asdict()}


def _hairline(image: Image.Image) -> float:
    """Return how wide the thinnest strokes are: twice the distance from their middle to the paper."""
    distance = cv2.distanceTransform((np.asarray(image) > WHITE // 2).astype(np.uint8), cv2.DIST_L2, 5)
    middle = (distance > 0) & (distance >= cv2.dilate(distance, np.ones((3, 3), np.uint8)))
    return 2 * float(np.percentile(distance[middle], 3))


def _box(font: ImageFont.FreeTypeFont, text: str) -> tuple[float, float, float, float]:
    return font.getbbox(text, anchor="ls")


def pixels_of(font: ImageFont.FreeTypeFont, character: str) -> bytes:
    """Return what a font draws: its size and pixels, or nothing."""
    mask = font.getmask(character)
    return bytes(f"{mask.size}", "ascii") + bytes(mask) if mask.getbbox() else b""
