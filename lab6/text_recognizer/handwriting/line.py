"""Draws a line of handwriting: letters, the writer's shape, the pen.

Letters in this file: H W image, N word.
"""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from text_recognizer.handwriting.hands import X_HEIGHT
from text_recognizer.handwriting.letters import draw_letters
from text_recognizer.handwriting.shape import draw_shape
from text_recognizer.handwriting.writer import Writer
from text_recognizer.images.augment import BANK_DEVIATION, GRAINS, draw_texture
from text_recognizer.images.constants import INK, WHITE, Box

BLUR = 0.9  # pixels; the edge of a stroke so blurred falls by SLOPE of white in a pixel
SLOPE = 0.44
MIDDLE_RADIUS = 3  # pixels from the edge of the thickest stroke to its middle
NARROWEST = 2.9  # pixels: a stroke that is thinned to less gets gaps
FINEST = 0.10  # x-heights: the thinnest strokes of pointed pens would get lost


class DrawnLine(NamedTuple):
    """A line in ink, as large as the ink."""

    image: np.ndarray  # (H, W) uint8, white ink on black
    baseline: float  # row on which letters stand, at the line's start
    words: list[Box]  # left, top, right, bottom of each word; right and bottom lie just outside


@dataclass(frozen=True)
class Pen:
    """How a pen puts ink on paper.

    Parameters
    ----------
    width
        Width of the strokes in pixels.
    thicker
        Pixels that strokes gain, or lose if negative.
    uneven
        How much the stroke's width changes along it, in pixels.
    hardness
        How sharp the edge of a stroke is: 2 soft, 8 as if cut out.
    """

    width: float
    thicker: float
    uneven: float
    hardness: float

    def apply(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return (H, W) uint8: strokes are widened, blurred, and end where the blur is as bright as a level.

        A level above a half makes strokes thinner. It varies from place to place.
        """
        if self.thicker > 0:
            image = _widen(image, self.thicker / 2)
        elif self.thicker < -1:
            image = _thin(image, self.width)
        level = 0.5 + SLOPE * min(max(-self.thicker / 2, 0), 0.5) if self.thicker >= -1 else 0.5
        uneven = self.uneven * SLOPE / 2 * WHITE / BANK_DEVIATION / 3
        texture = draw_texture(image.shape, len(GRAINS), rng)
        # In one step: (blurred - texture - level) times hardness, a half being the edge.
        edge = WHITE * (level - 0.5 / self.hardness) - 128 * uneven
        soft = cv2.GaussianBlur(image, (0, 0), BLUR)
        return cv2.addWeighted(soft, self.hardness, texture, -self.hardness * uneven, -self.hardness * edge)


def _widen(image: np.ndarray, radius: float) -> np.ndarray:
    """Make strokes wider by `radius` on each side; parts of a pixel come from mixing two widths."""
    whole, part = int(radius), radius % 1
    narrow = _dilate(image, whole)
    return cv2.addWeighted(narrow, 1 - part, _dilate(image, whole + 1), part, 0) if part > 0.05 else narrow


def _thin(image: np.ndarray, width: float) -> np.ndarray:
    """Reduce strokes that are wider than `width` to their middle, as of a ball pen; thin strokes stay."""
    depth = cv2.distanceTransform(cv2.threshold(image, WHITE // 2, 1, cv2.THRESH_BINARY)[1], cv2.DIST_L2, 3)
    beside_middle = cv2.subtract(_dilate(depth, MIDDLE_RADIUS), depth)
    kept = cv2.convertScaleAbs(np.maximum(max(width, NARROWEST) / 2 + 0.7 - beside_middle, 0), alpha=WHITE)
    return cv2.min(image, kept)


def _dilate(image: np.ndarray, radius: int) -> np.ndarray:
    size = (2 * radius + 1, 2 * radius + 1)
    return cv2.dilate(image, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, size)) if radius else image


def draw_line(writer: Writer, text: str, rng: np.random.Generator, with_words: bool = False) -> DrawnLine:
    """Draw a text in a writer's hand, X_HEIGHT pixels high; the boxes of its words only if asked for."""
    drawn = draw_letters(writer, text, rng)
    shape = draw_shape(writer, drawn.image.shape, drawn.baseline, drawn.words, rng)
    ink = draw_pen(writer, rng).apply(shape.apply(drawn.image), rng)
    x, y, width, height = cv2.boundingRect(cv2.threshold(ink, INK, WHITE, cv2.THRESH_BINARY)[1])
    if width == 0:
        return DrawnLine(np.zeros((1, 1), np.uint8), 0.0, [])
    cut = ink[y : y + height, x : x + width]
    boxes = _boxes_of(cut, shape.x[y : y + height, x : x + width], drawn.words) if with_words else []
    return DrawnLine(cut, shape.baseline - y, boxes)


def draw_pen(writer: Writer, rng: np.random.Generator) -> Pen:
    """Draw the pen of a line at random."""
    thicker = max(writer.stroke - writer.hand.stroke, FINEST - writer.hand.hairline) * X_HEIGHT
    return Pen(writer.stroke * X_HEIGHT, thicker, rng.uniform(0, 1.0), 2 ** rng.uniform(1, 3))


def _boxes_of(image: np.ndarray, columns: np.ndarray, words: np.ndarray) -> list[Box]:
    """Return the box of each word's ink, in order; a word whose ink is lost has none.

    Parameters
    ----------
    columns
        (H, W) float: which column of what was drawn each pixel shows.
    words
        (N, 2) columns of what was drawn.
    """
    rows, places = np.nonzero(image > INK)
    middles = (words[1:, 0] + words[:-1, 1]) / 2  # a pixel belongs to the word on its side of the middle of a gap
    word = np.searchsorted(middles, columns[rows, places])
    boxes = []
    for i in range(len(words)):
        y, x = rows[word == i], places[word == i]
        if len(y):
            boxes.append((int(x.min()), int(y.min()), int(x.max()) + 1, int(y.max()) + 1))
    return boxes
