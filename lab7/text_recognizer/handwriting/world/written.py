"""Lines of text as ink, with their baselines, heights and the places of their words.

Letters in this file: H W image, K columns at which the baseline is known, N words.
"""

from typing import NamedTuple

import cv2
import numpy as np

from text_recognizer.handwriting.hands import X_HEIGHT
from text_recognizer.handwriting.letters import draw_letters
from text_recognizer.handwriting.line import draw_pen
from text_recognizer.handwriting.shape import draw_shape
from text_recognizer.handwriting.writer import Writer
from text_recognizer.images.augment import STEP
from text_recognizer.images.constants import INK, WHITE


class Written(NamedTuple):
    """A line in ink, cropped. Lengths are in pixels."""

    ink: np.ndarray  # (H, W) uint8, white ink on black
    baseline: np.ndarray  # (K,) row of the baseline at columns 0, STEP, 2 STEP ..., the last beyond W
    x_height: float
    ascent: float  # from the baseline to the top of an l
    descent: float  # from the baseline to the bottom of a g
    lean: float  # tangent of the letters' slant
    words: tuple[str, ...]
    places: np.ndarray  # (N, 2) columns, on the baseline, where each word starts and ends
    printed: bool

    @property
    def text(self) -> str:
        """The text of the line."""
        return " ".join(self.words)

    def row(self, column: np.ndarray) -> np.ndarray:
        """Return the row of the baseline at columns."""
        return np.interp(column, STEP * np.arange(len(self.baseline)), self.baseline)

    def part(self, first: int, last: int) -> "Written":
        """Return the words from `first` to `last`, exclusive, as a separate line."""
        if first == 0 and last == len(self.words):
            return self
        height, width = self.ink.shape
        edges = self._gap(first), self._gap(last)
        rise = self.lean * float(np.median(self.baseline))
        fall = self.lean * (height - float(np.median(self.baseline)))
        # The cut follows the slant, so that no letter loses its top.
        corners = [(edges[0] + rise, 0), (edges[1] + rise, 0), (edges[1] - fall, height), (edges[0] - fall, height)]
        mask = np.zeros_like(self.ink)
        cv2.fillConvexPoly(mask, np.round(corners).astype(np.int32), WHITE)
        ink = cv2.bitwise_and(self.ink, mask)
        left = int(np.clip(min(x for x, _ in corners), 0, width - 1))
        right = int(np.clip(max(x for x, _ in corners), left + 1, width))
        left -= left % STEP  # the columns of the baseline stay multiples of STEP
        return self._replace(
            ink=ink[:, left:right],
            baseline=self.baseline[left // STEP : right // STEP + 2],
            words=self.words[first:last],
            places=self.places[first:last] - left,
        )

    def followed_by(self, other: "Written", gap: float) -> "Written":
        """Append another line of the same hand on the same baseline, after a gap in pixels."""
        end = float(min(self.places[-1, 1], self.ink.shape[1]))
        start = STEP * max(1, round((end + gap - float(other.places[0, 0])) / STEP))
        ends = self.row(np.array([end])), other.row(other.places[0, :1])
        shift = round(float(ends[0][0] - ends[1][0]))  # rows by which the other line moves down
        top, bottom = min(0, shift), max(self.ink.shape[0], shift + other.ink.shape[0])
        ink = np.zeros((bottom - top, max(self.ink.shape[1], start + other.ink.shape[1])), np.uint8)
        for part, x, y in ((self.ink, 0, -top), (other.ink, start, shift - top)):
            seen = ink[y : y + part.shape[0], x : x + part.shape[1]]
            np.maximum(seen, part, out=seen)
        columns = STEP * np.arange(start // STEP)
        return self._replace(
            ink=ink,
            baseline=np.concatenate([self.row(np.minimum(columns, end)) - top, other.baseline + shift - top]),
            words=self.words + other.words,
            places=np.concatenate([self.places, other.places + start]),
        )

    def _gap(self, i: int) -> float:
        """Return the column in the middle of the gap before word i, or beyond either end of the line."""
        if i == 0:
            return -float(self.ink.shape[1])
        if i == len(self.words):
            return 2.0 * self.ink.shape[1]
        return float(self.places[i - 1, 1] + self.places[i, 0]) / 2


def write_line(writer: Writer, text: str, rng: np.random.Generator) -> Written | None:
    """Draw a text in a writer's hand with an x-height of X_HEIGHT pixels; None if it leaves no ink."""
    drawn = draw_letters(writer, text, rng)
    shape = draw_shape(writer, drawn.image.shape, drawn.baseline, drawn.words, rng)
    ink = draw_pen(writer, rng).apply(shape.apply(drawn.image), rng)
    x, y, width, height = cv2.boundingRect(cv2.threshold(ink, INK, WHITE, cv2.THRESH_BINARY)[1])
    if width < 4 or height < 4:
        return None
    columns = np.minimum(x + STEP * np.arange(width // STEP + 2), ink.shape[1] - 1)
    baseline = np.array([_crossing(shape.y[:, column], drawn.baseline) for column in columns]) - y
    row = int(np.clip(np.median(baseline) + y - X_HEIGHT / 2, 0, ink.shape[0] - 1))
    places = np.interp(drawn.words, np.maximum.accumulate(shape.x[row]), np.arange(ink.shape[1])) - x
    lean = float(np.tan(np.radians(writer.slant)))
    return Written(
        ink[y : y + height, x : x + width],
        baseline.astype(np.float32),
        float(X_HEIGHT),
        writer.ascent * X_HEIGHT,
        writer.descent * X_HEIGHT,
        lean,
        tuple(text.split(" ")),
        places.astype(np.float32),
        False,
    )


def _crossing(rows: np.ndarray, row: float) -> float:
    """Return the index at which a column's source rows, from top to bottom, reach `row`."""
    return float(np.interp(row, np.maximum.accumulate(rows), np.arange(len(rows))))
