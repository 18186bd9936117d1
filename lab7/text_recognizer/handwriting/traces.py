"""Recorded strokes of a pen, and random changes that turn them into another hand's.

The same strokes can become upright or slanted, narrow or wide, printed or joined up, with a small x-height or a large
one, so that a few thousand recorded lines look different in each epoch.

Letters in this file: P points, N strokes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

JOIN_DISTANCE = 0.22  # line heights: a pen that is lifted for less may as well have stayed on the paper
DOT_SIZE = 0.12  # line heights: smaller strokes are dots, which nobody joins to anything
GAP = 0.25  # line heights: a pen that moves on by more has begun another word
NUM_JOINING_POINTS = 6
LIMITS = {"slant": (-40, 65), "stretch": (0.4, 4), "core": (0.3, 2), "gap": (0.3, 4), "joined": (0, 1)}


@dataclass(frozen=True)
class Trace:
    """One line of writing.

    Parameters
    ----------
    strokes
        N arrays (P, 2) of x to the right and y downwards, in any unit: what the pen drew without being lifted. The
        points of a stroke follow each other in equal times.
    height
        Height of a line of this hand, from the top of an l to the bottom of a g, in the same unit.
    """

    strokes: tuple[np.ndarray, ...]
    height: float

    @property
    def points(self) -> np.ndarray:
        """All points, (P, 2)."""
        return np.concatenate(self.strokes)


@dataclass(frozen=True)
class Motion:
    """A change of strokes into those of another hand.

    Parameters
    ----------
    slant
        Lean of the letters in degrees, added to what they have; to the right if positive.
    stretch
        How much wider letters get.
    core
        How much higher the part between the tops of an x and its bottom gets; l and g reach as far beyond it as before.
    gap
        How much wider the spaces between words get, apart from `stretch`.
    joined
        How much of what the pen was lifted for within a word is drawn too: 0 for nothing, 1 for all.
    slope
        Degrees by which the line climbs.
    wobble
        Random displacement of points, smooth along the line, in line heights.
    """

    slant: float = 0.0
    stretch: float = 1.0
    core: float = 1.0
    gap: float = 1.0
    joined: float = 0.0
    slope: float = 0.0
    wobble: float = 0.0

    def __post_init__(self) -> None:
        for name, (low, high) in LIMITS.items():
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name}={getattr(self, name)}: expected a number from {low} to {high}")

    def apply(self, trace: Trace, rng: np.random.Generator) -> Trace:
        """Return the trace as this motion makes it; its height stays that of its longest letters."""
        strokes = level(trace.strokes)
        if self.joined:
            strokes = join_strokes(strokes, trace.height, self.joined, rng)
        strokes = widen_gaps(strokes, GAP * trace.height, self.gap)
        if self.wobble:
            strokes = _wobble(strokes, self.wobble * trace.height, trace.height, rng)
        top, base = core_of(strokes)
        lean, climb = np.tan(np.radians((self.slant, -self.slope)))
        moved = []
        for stroke in strokes:
            y = _resize_core(stroke[:, 1], top, base, self.core)
            x = self.stretch * stroke[:, 0] + lean * (base - y)
            moved.append(np.stack([x, y + climb * x], axis=1))
        return Trace(tuple(moved), trace.height - (base - top) * (1 - self.core))


def draw_motion(rng: np.random.Generator) -> Motion:
    """Draw a change into another contemporary hand."""
    return Motion(
        slant=float(np.clip(rng.normal(2, 12), -30, 40)),
        stretch=float(np.clip(rng.lognormal(0.05, 0.2), 0.6, 2)),
        core=float(np.clip(rng.lognormal(0, 0.12), 0.7, 1.4)),
        gap=float(np.clip(rng.lognormal(0, 0.2), 0.7, 1.6)),
        joined=float(rng.random() if rng.random() < 0.4 else 0),
        slope=float(rng.normal(0, 0.5)),
        wobble=float(abs(rng.normal(0, 0.008))),
    )


def draw_old_motion(rng: np.random.Generator) -> Motion:
    """Draw a change into the hands of the time before ball pens: slanted, wide, small, joined up."""
    return Motion(
        slant=float(np.clip(rng.normal(26, 10), 0, 50)),
        stretch=float(np.clip(rng.lognormal(np.log(1.35), 0.22), 0.9, 2.2)),
        core=float(np.clip(rng.lognormal(np.log(0.78), 0.15), 0.5, 1.1)),
        gap=float(np.clip(rng.lognormal(0.05, 0.2), 0.8, 1.6)),
        joined=float(rng.uniform(0.6, 1)),
        slope=float(rng.normal(0, 0.5)),
        wobble=float(abs(rng.normal(0, 0.01))),
    )


def level(strokes: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return strokes without skew: the regression line through all points is made horizontal."""
    points = np.concatenate(strokes).astype(np.float64)
    middle, extent = points[:, 0].mean(), np.ptp(points[:, 0])
    if extent <= 2 * np.ptp(points[:, 1]):
        return [stroke.astype(np.float64) for stroke in strokes]  # of a short word nobody can tell how it climbs
    slope = np.polyfit(points[:, 0] - middle, points[:, 1], 1)[0]
    return [stroke - np.stack([0 * stroke[:, 0], slope * (stroke[:, 0] - middle)], axis=1) for stroke in strokes]


def core_of(strokes: Sequence[np.ndarray]) -> tuple[float, float]:
    """Estimate the top and the bottom of the x-height: half of all points lie between them."""
    y = np.concatenate(strokes)[:, 1]
    top, base = np.percentile(y, (25, 75))
    return float(top), float(base)


def join_strokes(
    strokes: Sequence[np.ndarray], height: float, share: float, rng: np.random.Generator
) -> list[np.ndarray]:
    """Join strokes where the pen was lifted for a short way to the right: a `share` of those places."""
    joined: list[np.ndarray] = []
    for stroke in strokes:
        if joined and _may_join(joined[-1], stroke, height) and rng.random() < share:
            joined[-1] = np.concatenate([joined[-1], bridge(joined[-1], stroke), stroke])
        else:
            joined.append(stroke)
    return joined


def widen_gaps(strokes: Sequence[np.ndarray], gap: float, factor: float) -> list[np.ndarray]:
    """Make the spaces wider by which the pen moves on, beyond all that was written before, by more than `gap`."""
    moved, shift, right = [], 0.0, -np.inf
    for stroke in strokes:
        space = stroke[:, 0].min() - right
        if gap < space < np.inf:
            shift += (factor - 1) * space
        right = max(right, float(stroke[:, 0].max()))
        moved.append(stroke + np.array([shift, 0]))
    return moved


def _may_join(before: np.ndarray, after: np.ndarray, height: float) -> bool:
    if min(np.ptp(before, axis=0).max(), np.ptp(after, axis=0).max()) < DOT_SIZE * height:
        return False
    across, down = after[0] - before[-1]
    return bool(0 < across < JOIN_DISTANCE * height and abs(down) < 1.5 * JOIN_DISTANCE * height)


def bridge(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return points between two strokes, on a cubic that leaves the one and enters the other as they go: (P, 2)."""
    start, end = before[-1], after[0]
    leaving, entering = before[-1] - before[-min(4, len(before))], after[min(3, len(after) - 1)] - after[0]
    length = float(np.hypot(*(end - start)))
    first, second = (start + _along(leaving, length / 3), end - _along(entering, length / 3))
    t = np.linspace(0, 1, NUM_JOINING_POINTS + 2)[1:-1, None]
    return (1 - t) ** 3 * start + 3 * t * (1 - t) ** 2 * first + 3 * t**2 * (1 - t) * second + t**3 * end


def _along(direction: np.ndarray, length: float) -> np.ndarray:
    size = float(np.hypot(*direction))
    return direction * (length / size) if size > 0 else np.zeros(2)


def _resize_core(y: np.ndarray, top: float, base: float, factor: float) -> np.ndarray:
    """Change the height between `top` and `base`; what lies above moves along, what lies below stays."""
    return np.where(y > base, y, base + np.where(y < top, y - top + factor * (top - base), factor * (y - base)))


def _wobble(strokes: Sequence[np.ndarray], size: float, period: float, rng: np.random.Generator) -> list[np.ndarray]:
    """Displace points by noise that is smooth along the line: its size grows and falls with each `period`."""
    x = np.concatenate(strokes)[:, 0]
    knots = np.arange(x.min() - period, x.max() + 2 * period, period / 2)
    shift = rng.normal(0, size, (2, len(knots)))
    return [
        stroke + np.stack([np.interp(stroke[:, 0], knots, values) for values in shift], axis=1) for stroke in strokes
    ]
