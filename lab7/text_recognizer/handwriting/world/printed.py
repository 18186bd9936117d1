"""Printed text: headers and labels of forms, typed letters. A finder has to tell print from handwriting.

Letters in this file: K columns.
"""

import hashlib
from functools import cache
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from text_recognizer.handwriting.hands import X_HEIGHT
from text_recognizer.handwriting.world.written import Written
from text_recognizer.images.augment import STEP
from text_recognizer.images.constants import WHITE
from text_recognizer.paths import DOWNLOADED_DIRNAME

PRINTED_DIRNAME = DOWNLOADED_DIRNAME / "printed_fonts"
HELD_OUT_SALT, HELD_OUT_SHARE = "p", 5  # one family in five is held out, by a hash of its name


class PrintedFont(NamedTuple):
    """A font file of a printed family; an empty name is Pillow's own font."""

    family: str
    filename: str


@cache
def find_printed(split: str) -> tuple[PrintedFont, ...]:
    """Return the fonts of "train", or the held-out ones for any other split; Pillow's own if none is installed."""
    names = sorted(PRINTED_DIRNAME.glob("*.woff2"))
    fonts = [PrintedFont(name.name.split(".")[0], str(name)) for name in names]
    chosen = [font for font in fonts if is_held_out(font.family) == (split != "train")]
    return tuple(chosen) or (PrintedFont("pillow", ""),)


def is_held_out(family: str) -> bool:
    """Tell whether a printed family is kept for validation."""
    digest = hashlib.sha256((HELD_OUT_SALT + family).encode()).hexdigest()
    return int(digest, 16) % HELD_OUT_SHARE == 0


@cache
def _open(filename: str) -> tuple[ImageFont.FreeTypeFont | ImageFont.ImageFont, float]:
    """Return a font whose x is about X_HEIGHT pixels high, and its exact height."""
    open_at = (lambda size: ImageFont.truetype(filename, size)) if filename else ImageFont.load_default
    height = -open_at(100).getbbox("x", anchor="ls")[1]
    font = open_at(round(100 * X_HEIGHT / height))
    return font, float(-font.getbbox("x", anchor="ls")[1])


def print_line(font: PrintedFont, text: str, rng: np.random.Generator) -> Written:
    """Print a text with an x-height of X_HEIGHT pixels, randomly stretched in width."""
    face, x_height = _open(font.filename)
    ascent, descent = -face.getbbox("l", anchor="ls")[1], face.getbbox("g", anchor="ls")[3]
    left, top, right, bottom = face.getbbox(text, anchor="ls")
    image = Image.new("L", (max(4, int(right - left) + 2), max(4, int(bottom - top) + 2)))
    ImageDraw.Draw(image).text((1 - left, 1 - top), text, WHITE, face, "ls", stroke_width=int(rng.random() < 0.15))
    words = tuple(text.split(" "))
    starts = []
    x = 1.0 - left
    for word in words:
        starts.append((x, x + face.getlength(word)))
        x += face.getlength(f"{word} ")
    stretch = float(np.clip(rng.normal(1, 0.08), 0.8, 1.25))
    ink = np.asarray(image.resize((max(4, round(stretch * image.width)), image.height)))
    baseline = np.full(ink.shape[1] // STEP + 2, 1.0 - top, np.float32)
    places = (stretch * np.array(starts)).astype(np.float32)
    return Written(ink, baseline, x_height, float(ascent), float(descent), 0.0, words, places, True)
