"""A line of text on a picture: its centre line, its height, and whether it is print.

Letters in this file: N points, M places. A point is (x, y); the centre of a picture's first pixel is (0, 0).
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
        (N, 2) float64 with N >= 2: its centre line, half-way between the baseline and the x-height, from left to right.
    height
        From ascenders to descenders, in the same pixels.
    printed
        The probability that it is print and not handwriting.
    certainty
        The mean probability of its core, by the finder.
    """

    points: np.ndarray
    height: float
    printed: float = 0.0
    certainty: float = 1.0

    @property
    def left(self) -> float:
        """The x of its first point."""
        return float(self.points[0, 0])

    @property
    def right(self) -> float:
        """The x of its last point."""
        return float(self.points[-1, 0])

    @property
    def y(self) -> float:
        """Its mean y."""
        return float(np.mean(self.at(np.linspace(self.left, self.right, 16))))

    @property
    def slope(self) -> float:
        """The slope from its first point to its last; positive if it falls to the right."""
        (x0, y0), (x1, y1) = self.points[0], self.points[-1]
        return float((y1 - y0) / max(x1 - x0, 1e-6))

    @property
    def length(self) -> float:
        """The length of its centre line."""
        return float(np.hypot(*np.diff(self.points, axis=0).T).sum())

    def at(self, x: np.ndarray | float) -> np.ndarray:
        """Return its y at x; beyond its ends it is extrapolated with the slope of that end."""
        xs, ys = self.points.T
        inside = np.interp(x, xs, ys)
        before, behind = np.minimum(0, x - xs[0]), np.maximum(0, x - xs[-1])
        return inside + before * self.end_slopes[0] + behind * self.end_slopes[1]

    @cached_property
    def end_slopes(self) -> tuple[float, float]:
        """Its slopes at the left and the right end, each measured over about twice its height."""
        return self._slope_of(self.points), self._slope_of(self.points[::-1])

    def _slope_of(self, points: np.ndarray) -> float:
        near = points[np.abs(points[:, 0] - points[0, 0]) <= max(2 * self.height, 2)]
        near = near if len(near) >= 2 else points[:2]
        return float(np.polyfit(near[:, 0], near[:, 1], 1)[0]) if np.ptp(near[:, 0]) >= self.height / 2 else self.slope

    def scaled(self, factor: float) -> "TextLine":
        """Return the line on the same picture, enlarged by a factor."""
        return replace(self, points=(self.points + 0.5) * factor - 0.5, height=self.height * factor)


class QuarterTurn(NamedTuple):
    """How a picture was put upright: by quarter turns counter-clockwise, as by `np.rot90`, and by levelling.

    Parameters
    ----------
    quarters
        The number of quarter turns.
    size
        Width and height of the picture before it was turned.
    level
        (2, 3), maps points of the levelled picture to the picture after its quarter turns; None if it was not levelled.
    """

    quarters: int
    size: tuple[int, int]
    level: np.ndarray | None = None

    def back(self, points: np.ndarray | Sequence[tuple[float, float]]) -> np.ndarray:
        """Map points (M, 2) of the upright picture to the original picture: (M, 2)."""
        places = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        if self.level is not None:
            places = places @ self.level[:, :2].T + self.level[:, 2]
        x, y = places.T
        width, height = self.size
        turned = ((x, y), (width - 1 - y, x), (width - 1 - x, height - 1 - y), (y, height - 1 - x))
        return np.stack(turned[self.quarters % 4], axis=1)
