"""Separates the handwriting of a page into lines, stroke by stroke, so that new pages can be composed of them.

A box around a line also holds parts of its neighbours. So each stroke is assigned as a whole to the nearest line.

Letters in this file: H W page, K strokes (connected components), L lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from text_recognizer.images.constants import INK, Box

RIDGE = 40.0  # pixels: a ridge penalty that keeps lines of about this length flat, whose slope is uncertain
NUM_ROUNDS = 2  # rounds of assigning strokes to lines, and fitting lines to their strokes
FAR = np.inf


@dataclass(frozen=True)
class Core:
    """The centre line of a line's ink: through (x, y), with a slope."""

    x: float
    y: float
    slope: float

    def at(self, x: Any) -> Any:
        """Return y at x, a number or an array."""
        return self.y + self.slope * (x - self.x)


@dataclass(frozen=True)
class CutLine:
    """The ink of one line (H, W), black where the page has paper or another line, and its corner on the page."""

    image: np.ndarray
    left: int
    top: int


def whole_strokes(ink: np.ndarray, region: Box, reach: int) -> Box:
    """Enlarge a region so that its edge cuts no stroke; a stroke that exceeds it by more than `reach` is no letter."""
    left, top, right, bottom = region
    _, _, stats, _ = cv2.connectedComponentsWithStats((ink > INK).astype(np.uint8))
    low = stats[1:, :2]
    high = low + stats[1:, 2:4]
    is_touched = (low < (right, bottom)).all(axis=1) & (high > (left, top)).all(axis=1)
    is_short = (low >= (left - reach, top - reach)).all(axis=1) & (high <= (right + reach, bottom + reach)).all(axis=1)
    chosen = is_touched & is_short
    x0, y0 = np.minimum(low[chosen].min(axis=0, initial=max(left, top)), (left, top)).tolist()
    x1, y1 = np.maximum(high[chosen].max(axis=0, initial=0), (right, bottom)).tolist()
    return x0, y0, x1, y1


def separate(ink: np.ndarray, boxes: Sequence[Box]) -> tuple[np.ndarray, list[Core]]:
    """Assign each stroke of a page (H, W) to a line: (H, W) with i + 1 where line i has ink, else 0; and L cores."""
    _, strokes, stats, middles = cv2.connectedComponentsWithStats((ink > INK).astype(np.uint8))
    low = stats[:, :2]
    high = low + stats[:, 2:4]
    is_near = np.array([(low < box[2:]).all(axis=1) & (high > box[:2]).all(axis=1) for box in boxes])  # (L, K)
    is_near[:, 0] = False  # the paper
    cores = [_core_of(ink, box) for box in boxes]
    for _ in range(NUM_ROUNDS):
        y = np.where(is_near, np.array([core.at(middles[:, 0]) for core in cores]), FAR)
        distance = np.abs(y - middles[:, 1])
        owner_of = np.where(is_near.any(axis=0), distance.argmin(axis=0) + 1, 0)
        owners = owner_of[strokes]
        passes = (y > low[:, 1]) & (y < high[:, 1])
        for stroke in np.flatnonzero(passes.sum(axis=0) > 1).tolist():  # where lines touch, cut half-way
            touched = np.flatnonzero(passes[:, stroke]).tolist()
            _share_out(owners, strokes, stroke, stats[stroke], {i: cores[i] for i in touched})
        cores = [_core_of(np.where(owners == i + 1, ink, 0), box) for i, box in enumerate(boxes)]
    return owners, cores


def cut(ink: np.ndarray, owners: np.ndarray, i: int) -> CutLine | None:
    """Cut line i out of a page, with the soft edges of its strokes; None if it has no ink."""
    own = (owners == i + 1).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(own)
    if width == 0:
        return None
    left, top = max(0, left - 1), max(0, top - 1)
    part = slice(top, top + height + 2), slice(left, left + width + 2)
    is_own = cv2.dilate(own[part], np.ones((3, 3), np.uint8)).astype(bool)
    is_others = (owners[part] > 0) & (owners[part] != i + 1)
    return CutLine(np.where(is_own & ~is_others, ink[part], 0).astype(np.uint8), left, top)


def _share_out(owners: np.ndarray, strokes: np.ndarray, stroke: int, stats: np.ndarray, cores: dict[int, Core]) -> None:
    """Assign each pixel of one stroke to the nearest line."""
    left, top, width, height = stats[:4]
    part = slice(top, top + height), slice(left, left + width)
    y, x = np.nonzero(strokes[part] == stroke)
    distance = [np.abs(core.at(x + left) - (y + top)) for core in cores.values()]
    owners[part][y, x] = np.array(list(cores))[np.argmin(distance, axis=0)] + 1


def _core_of(ink: np.ndarray, box: Box) -> Core:
    """Fit a straight line to the ink in a box; each pixel is weighted by its brightness."""
    left, top, right, bottom = box
    weights = ink[max(0, top) : max(0, bottom), max(0, left) : max(0, right)].astype(np.float64)
    total = weights.sum()
    if total == 0:
        return Core((left + right) / 2, (top + bottom) / 2, 0.0)
    xs, ys = np.arange(weights.shape[1]) + max(0, left), np.arange(weights.shape[0]) + max(0, top)
    x, y = weights.sum(axis=0) @ xs / total, weights.sum(axis=1) @ ys / total
    covariance = (ys - y) @ weights @ (xs - x) / total
    variance = weights.sum(axis=0) @ (xs - x) ** 2 / total
    return Core(x, y, covariance / (variance + RIDGE**2))
