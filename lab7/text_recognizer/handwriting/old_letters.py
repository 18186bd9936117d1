"""Letters as they were taught around 1900, beside those that Hershey drew, and how they end a word.

In the units of Hershey's script faces: the baseline lies at 0, an x reaches up to -9, an l to -21; y grows downwards. A
letter begins at its left, at half the height of an x, and ends so that the next can go on.

Letters in this file: P points.
"""

from typing import NamedTuple

import numpy as np

Point = tuple[float, float]


class OldLetter(NamedTuple):
    """How far the pen moves on, the corners of each stroke, and whether the letter stands at the end of words only."""

    advance: float
    strokes: tuple[tuple[Point, ...], ...]
    is_last: bool = False


def _old(advance: float, *strokes: str, is_last: bool = False) -> OldLetter:
    """Read strokes that are written as x,y with spaces between the corners."""
    points = (tuple(tuple(map(float, corner.split(","))) for corner in stroke.split()) for stroke in strokes)
    return OldLetter(advance, tuple(points), is_last)  # type: ignore[arg-type]


OLD_LETTERS: dict[str, tuple[OldLetter, ...]] = {
    "d": (
        _old(12, "8,-8 5,-9 2,-7 1,-3 3,0 6,0 9,-4 10,-10 8,-16 3,-19 -4,-19", is_last=True),
        _old(13, "0,-4 4,-9 7,-9 3,-8 1,-4 3,0 6,-1 9,-8 11,-18 9,-4 10,0 13,-5"),
    ),
    "e": (_old(10, "9,-8 6,-9 4,-7 6,-5 3,-4 2,-1 5,0 8,-2 11,-5"),),
    "t": (
        _old(9, "0,-4 3,-9 5,-17 4,-6 4,-1 6,0 10,-5", "-1,-11 10,-13"),
        _old(12, "0,-4 3,-9 5,-16 4,-6 4,-1 7,0 11,-5 13,-11", is_last=True),
    ),
    "r": (
        _old(10, "0,-4 3,-8 4,-11 5,-9 8,-9 7,-4 7,-1 9,0 11,-5"),
        _old(11, "0,-4 2,-9 2,0 2,-5 5,-9 8,-9 9,-7 11,-5"),
    ),
    "s": (
        _old(10, "0,-4 3,-8 5,-11 6,-7 7,-3 5,0 1,-1 5,0 8,-2 11,-5"),
        _old(10, "8,-9 5,-10 4,-8 7,-3 5,0 1,-1", is_last=True),
    ),
    "p": (_old(13, "0,-4 3,-9 5,-13 3,0 1,11 3,2 5,-7 9,-9 10,-4 7,0 5,-2 9,0 13,-5"),),
    "f": (_old(8, "0,-4 5,-12 7,-19 5,-21 3,-15 2,0 1,10 3,11 4,5 3,0 8,-5"),),
    "g": (_old(12, "9,-8 5,-9 2,-6 2,-2 5,0 8,-4 10,-9 8,3 4,11 1,9 5,4 13,-5"),),
    "y": (_old(12, "0,-4 2,-9 2,-2 5,0 8,-4 10,-9 8,3 4,11 1,9 5,4 13,-5"),),
    "S": (_old(15, "0,0 6,-6 11,-15 11,-20 8,-20 7,-15 11,-7 9,-1 4,0 1,-3 6,-4 15,-2"),),
    "I": (_old(12, "1,-5 6,-11 10,-18 8,-21 6,-16 6,-5 4,0 0,-1 2,-4 12,-5"),),
    "L": (_old(16, "3,-15 7,-20 10,-18 7,-8 3,0 1,-1 4,-2 9,0 16,-3"),),
    "T": (_old(14, "2,-16 1,-19 5,-20 12,-19 17,-21", "10,-20 8,-8 6,-1 3,0 1,-3"),),
    "M": (_old(22, "1,-16 4,-20 6,-17 4,0 8,-12 12,-20 12,0 16,-12 20,-20 19,-3 21,0 24,-4"),),
    "D": (_old(17, "9,-20 7,-9 3,-1 1,-2 5,0 12,-3 16,-11 13,-19 6,-20 2,-16"),),
}


def draw_habit(seed: int, character: str, share: float) -> OldLetter | None:
    """Return a hand's own form of a character, or None for Hershey's; the same for the same seed."""
    rng = np.random.default_rng([seed, ord(character), 1900])
    choices = OLD_LETTERS.get(character, ())
    return choices[int(rng.integers(len(choices)))] if choices and rng.random() < share else None


def lengthen_end(stroke: np.ndarray, most: float, rng: np.random.Generator) -> np.ndarray:
    """Let a word's last stroke (P, 2) run out to the right, by up to `most` units."""
    length = rng.uniform(0.2, 1) * most
    rise = rng.normal(-0.1, 0.35) * length
    t = np.linspace(0.15, 1, 8)[:, None]
    start = stroke[-1]
    sag = start + np.array([0.5 * length, 0.25 * length])
    end = start + np.array([length, rise])
    return np.concatenate([stroke, (1 - t) ** 2 * start + 2 * t * (1 - t) * sag + t**2 * end])


def displace_marks(strokes: list[np.ndarray], x_height: float, rng: np.random.Generator) -> list[np.ndarray]:
    """Let dots and crossbars, all strokes but the first, be put a little late, too high, and too long."""
    late, up = abs(rng.normal(0, 0.3)) * x_height, rng.normal(-0.1, 0.15) * x_height
    wide = rng.lognormal(0.2, 0.4)
    moved = [strokes[0]]
    for stroke in strokes[1:]:
        middle = stroke.mean(axis=0)
        moved.append(middle + (stroke - middle) * np.array([wide, 1.0]) + np.array([late, up]))
    return moved
