"""A line of text on a picture: where its middle runs, how high it is, and whether it is print.

Letters in this file: N points, M places. A point is (x, y); the middle of a picture's first pixel is (0, 0).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np


@dataclass(frozen=True)
class TextLine:
    """A line of text.

    Parameters
    ----------
    points
        (N, 2) float64 with N >= 2: its middle, half-way between the baseline and the x-height, from left to right.
    height
        From its ascenders to its descenders, in the same pixels.
    printed
        How likely it is print and not handwriting.
    certainty
        How likely the finder thinks its core, on average.
    """

    points: np.ndarray
    height: float
    printed: float = 0.0
    certainty: float = 1.0

    @property
    def left(self) -> float:
        """Where it begins."""
        return float(self.points[0, 0])

    @property
    def right(self) -> float:
        """Where it ends."""
        return float(self.points[-1, 0])

    @property
    def y(self) -> float:
        """How far down it lies on average."""
        return float(np.mean(self.at(np.linspace(self.left, self.right, 16))))

    @property
    def slope(self) -> float:
        """By how much it falls on its way to the right, as a share of the way."""
        (x0, y0), (x1, y1) = self.points[0], self.points[-1]
        return float((y1 - y0) / max(x1 - x0, 1e-6))

    @property
    def length(self) -> float:
        """How long it is."""
        return float(np.hypot(*np.diff(self.points, axis=0).T).sum())

    def at(self, x: np.ndarray | float) -> np.ndarray:
        """Return how far down it lies at x; beyond its ends it goes on as it does there."""
        xs, ys = self.points.T
        inside = np.interp(x, xs, ys)
        before, behind = np.minimum(0, x - xs[0]), np.maximum(0, x - xs[-1])
        return inside + before * self.end_slopes[0] + behind * self.end_slopes[1]

    @cached_property
    def end_slopes(self) -> tuple[float, float]:
        """Its slopes near its left end and its right end, over about twice its height."""
        return self._slope_of(self.points), self._slope_of(self.points[::-1])

    def _slope_of(self, points: np.ndarray) -> float:
        near = points[np.abs(points[:, 0] - points[0, 0]) <= max(2 * self.height, 2)]
        near = near if len(near) >= 2 else points[:2]
        return float(np.polyfit(near[:, 0], near[:, 1], 1)[0]) if np.ptp(near[:, 0]) >= self.height / 2 else self.slope

    def scaled(self, factor: float) -> "TextLine":
        """Return the line on the same picture, whose pixels are so many times as many."""
        return replace(self, points=(self.points + 0.5) * factor - 0.5, height=self.height * factor)


class QuarterTurn(NamedTuple):
    """How a picture was put upright: by quarter turns counter-clockwise, as `np.rot90` turns it, and a little more.

    Parameters
    ----------
    quarters
        How many.
    size
        Width and height of the picture before it was turned.
    level
        (2, 3) where points of a picture that was made level lie on the picture after its quarter turns; None if there
        was no need.
    """

    quarters: int
    size: tuple[int, int]
    level: np.ndarray | None = None

    def back(self, points: np.ndarray | Sequence[tuple[float, float]]) -> np.ndarray:
        """Return where points (M, 2) of the upright picture lie on the picture before: (M, 2)."""
        places = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        if self.level is not None:
            places = places @ self.level[:, :2].T + self.level[:, 2]
        x, y = places.T
        width, height = self.size
        turned = ((x, y), (width - 1 - y, x), (width - 1 - x, height - 1 - y), (y, height - 1 - x))
        return np.stack(turned[self.quarters % 4], axis=1)
