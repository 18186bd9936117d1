"""The shape of a person's writing: a map that bends the letters of a font.

It is a backward map, from each pixel of the result to a place in the drawn letters, so one `cv2.remap` makes all
changes of shape. It is computed on a coarse grid. Lengths are in pixels unless x-heights are named.

Letters in this file: H W image, G K grid of coordinates, N word.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from text_recognizer.handwriting.hands import X_HEIGHT
from text_recognizer.handwriting.writer import Writer
from text_recognizer.images.augment import STEP

ROOM = 1.0  # x-heights above the highest and below the lowest letters
LETTER = 0.9 * X_HEIGHT  # about how wide a letter is


@dataclass(frozen=True)
class Shape:
    """A map from a canvas (H, W) to the drawn letters.

    Parameters
    ----------
    x, y
        (H, W) float32: where each pixel comes from.
    baseline
        Row of the canvas on which letters stand, before the line drifts.
    """

    x: np.ndarray
    y: np.ndarray
    baseline: float

    def apply(self, image: np.ndarray) -> np.ndarray:
        """Return the bent letters: (H, W) uint8."""
        return cv2.remap(image, self.x, self.y, cv2.INTER_LINEAR)


def draw_shape(
    writer: Writer, size: tuple[int, int], baseline: float, words: np.ndarray, rng: np.random.Generator
) -> Shape:
    """Draw the shape of one line.

    Parameters
    ----------
    writer
        Whose line it is.
    size
        Height and width of what was drawn.
    baseline
        Row of what was drawn on which letters stand.
    words
        (N, 2) columns of what was drawn, where each word starts and ends.
    """
    margin = (1 + math.tan(math.radians(abs(writer.slant)))) * writer.ascent * X_HEIGHT
    width = math.ceil(size[1] * writer.stretch + 2 * margin)
    grid_x = STEP * (np.arange(width // STEP + 3) - 0.5) - 0.5  # see `augment.grid_of`
    place, speed = _pace(writer, grid_x - margin, size[1], words, rng)
    word = np.clip(np.searchsorted(words[:, 1], place), 0, len(words) - 1)
    lift, size_of, lean = _fields(writer, grid_x, word, len(words), speed, rng)
    up = (writer.ascent * 1.35 + ROOM) * X_HEIGHT + max(0, -lift.min())
    height = math.ceil(up + (writer.descent * 1.5 + ROOM) * X_HEIGHT + max(0, lift.max()))
    grid_y = STEP * (np.arange(height // STEP + 3) - 0.5) - 0.5
    waves = _waves(writer, (len(grid_y), len(grid_x)), rng)
    above = up + lift - grid_y[:, None] + waves[..., 1]  # (G, K) pixels above the baseline
    column = grid_x - lean * above + waves[..., 0]
    x = np.interp(column, grid_x, place)
    y = baseline - _zones(writer, above / size_of)
    return Shape(_enlarge(x, height, width), _enlarge(y, height, width), up)


def _pace(
    writer: Writer, columns: np.ndarray, width: int, words: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the source column of each column, and the local stretch: (K,) each."""
    place = columns / writer.stretch
    speed = 0.13 * writer.letter_jitter * _noise(columns, LETTER, rng)
    speed += 0.08 * writer.word_jitter * _noise(columns, 6 * X_HEIGHT, rng)
    speed += _toward_the_end(place, words) * writer.haste
    inside = (place >= 0) & (place < width)
    steps = np.where(inside, np.exp(np.clip(speed, -0.6, 0.6)), 1.0)
    steps[inside] *= inside.sum() / steps[inside].sum()  # the line keeps its width
    walked = np.cumsum(steps) - steps
    first = int(np.argmax(inside))
    return (walked - walked[first]) * STEP / writer.stretch + place[first], speed


def _toward_the_end(place: np.ndarray, words: np.ndarray) -> np.ndarray:
    """Return the position of each column in its word: -1 at the start, 1 at the end."""
    word = np.clip(np.searchsorted(words[:, 1], place), 0, len(words) - 1)
    starts, ends = words[word, 0], words[word, 1]
    return np.clip(2 * (place - starts) / np.maximum(ends - starts, 1) - 1, -1, 1)


def _fields(
    writer: Writer, columns: np.ndarray, word: np.ndarray, num_words: int, speed: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return for each column the baseline's shift, the size of letters, and their slant: (K,) each."""
    by_word, by_letter = writer.word_jitter, writer.letter_jitter
    lift = -writer.drift * columns + writer.wander * X_HEIGHT * _noise(columns, 15 * X_HEIGHT, rng)
    lift += X_HEIGHT * 0.06 * by_word * rng.standard_normal(num_words)[word]
    lift += X_HEIGHT * 0.045 * by_letter * _noise(columns, LETTER, rng)
    size = 0.05 * by_word * rng.standard_normal(num_words)[word] + 0.07 * by_letter * _noise(columns, LETTER, rng)
    size -= 0.5 * writer.haste * np.clip(speed / 0.1, -1, 1) * 0.2
    lean = writer.slant + 1.5 * by_word * rng.standard_normal(num_words)[word]
    lean += 3.0 * by_letter * _noise(columns, LETTER, rng)
    return lift, np.exp(np.clip(size, -0.5, 0.5)), np.tan(np.radians(np.clip(lean, -50, 60)))


def _zones(writer: Writer, above: np.ndarray) -> np.ndarray:
    """Return how high above the baseline the hand has what the writer puts at `above`, both in pixels.

    Writers differ in how far l and g reach; x's are as high as ever.
    """
    rise = np.clip((writer.ascent - 1) / max(writer.hand.ascent - 1, 0.1), 0.5, 2)
    fall = np.clip(writer.descent / max(writer.hand.descent, 0.1), 0.5, 2)
    return np.where(above > X_HEIGHT, X_HEIGHT + (above - X_HEIGHT) / rise, np.where(above < 0, above / fall, above))


def _waves(writer: Writer, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Draw the displacements that bend strokes: (G, K, 2) pixels."""
    distance = X_HEIGHT * rng.uniform(0.5, 1.5) / STEP
    knots = rng.standard_normal((*(math.ceil(length / distance) + 1 for length in shape), 2), np.float32)
    return writer.elastic * X_HEIGHT * cv2.resize(knots, shape[::-1], interpolation=cv2.INTER_CUBIC)


def _noise(columns: np.ndarray, distance: float, rng: np.random.Generator) -> np.ndarray:
    """Draw smooth noise along the line with about one rise or fall in `distance`: (K,)."""
    num = max(2, math.ceil((columns[-1] - columns[0]) / distance) + 1)
    knots = rng.standard_normal((1, num), np.float32)
    return cv2.resize(knots, (len(columns), 1), interpolation=cv2.INTER_CUBIC)[0].astype(np.float64)


def _enlarge(grid: np.ndarray, height: int, width: int) -> np.ndarray:
    """Turn coordinates on the grid (G, K) into those of all pixels: (H, W) float32."""
    large = cv2.resize(grid.astype(np.float32), None, fx=STEP, fy=STEP, interpolation=cv2.INTER_LINEAR)
    return large[STEP:, STEP:][:height, :width]
