"""One line of handwriting for a data set: cut out of its page, scaled, photographed, with its text.

Letters in this file: H W image.
"""

import math
from typing import Any, NamedTuple

import cv2
import numpy as np

from text_recognizer.handwriting.camera import draw_camera
from text_recognizer.handwriting.hands import X_HEIGHT, Hands
from text_recognizer.handwriting.line import DrawnLine, draw_line
from text_recognizer.handwriting.texts import Texts
from text_recognizer.handwriting.writer import draw_writer
from text_recognizer.images.regions import lay_ink

LINE_HEIGHT = 56  # pixels of a line with the paper around it
NEIGHBOUR_SHARE = 0.15  # how often a neighbouring line reaches into the picture
MAX_NUM_TRIES = 20


class Example(NamedTuple):
    """A picture of a line, and its text."""

    image: np.ndarray  # (LINE_HEIGHT, W) uint8, white ink on black
    text: str


def draw_example(
    hands: Hands, texts: Texts, rng: np.random.Generator, look: str | None = None, **settings: Any
) -> Example:
    """Draw a line by a new writer; `look` is one of `camera.LOOKS`, drawn if None; `settings` are the writer's."""
    for _ in range(MAX_NUM_TRIES):
        writer, text = draw_writer(hands, rng, **settings), texts.line(rng)
        line = draw_line(writer, text, rng)
        if line.image.size > 1:
            break
    return Example(photograph_line(line, rng, look), text)


def photograph_line(
    line: DrawnLine, rng: np.random.Generator, look: str | None = None, height: int = LINE_HEIGHT
) -> np.ndarray:
    """Return a picture (height, W) uint8 of a line with paper around it, white ink on black."""
    page, baseline = _cut_out(line, rng)
    scale = height / page.shape[0]
    size = (max(1, round(scale * page.shape[1])), height)
    ink = cv2.resize(page, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return draw_camera(rng, look).photograph(ink, scale * baseline, scale * X_HEIGHT, rng)


def _cut_out(line: DrawnLine, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Return the line with paper around it, sometimes with ink of its neighbours, and the row of its baseline."""
    height = line.image.shape[0]
    # IAM's lines have 6 pixels of paper above and below when they are 56 high, give or take one; other sets less.
    above, below = np.clip(rng.normal(6, 1.2, 2), 1, 11) if rng.random() < 0.75 else rng.uniform(0, 12, 2)
    room = height / (LINE_HEIGHT - above - below)
    above, below, beside = (math.ceil(room * pixels) for pixels in (above, below, 0.5 * (above + below)))
    page = cv2.copyMakeBorder(line.image, above, below, beside, beside, cv2.BORDER_CONSTANT)
    if rng.random() < NEIGHBOUR_SHARE:
        page = _add_neighbours(page, line.image, rng)
    return page, line.baseline + above


def _add_neighbours(page: np.ndarray, line: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Let lines above and below reach into the picture: shifted copies of the line, without legible text."""
    page = page.copy()
    for sign in (-1, 1):
        if rng.random() < 0.6:
            shift = round(line.shape[0] * rng.uniform(0.75, 1.1)) * sign
            other = np.roll(line, rng.integers(line.shape[1]), axis=1)
            top = (page.shape[0] - line.shape[0]) // 2 + shift
            left = (page.shape[1] - line.shape[1]) // 2
            lay_ink(page, other, left, top)
    return page
