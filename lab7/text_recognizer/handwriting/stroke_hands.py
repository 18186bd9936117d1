"""Writes a text in joined-up strokes: Hershey's faces, bent differently for each seed.

A. V. Hershey drew his script letters in 1967 so that each ends where the next begins. A hand bends each letter in its
own way, and somewhat differently each time it is written; strokes that touch become one.

Letters in this file: P points, N strokes, G grid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

from text_recognizer.handwriting.hershey import X_HEIGHTS, glyph_of
from text_recognizer.handwriting.old_letters import displace_marks, draw_habit, lengthen_end
from text_recognizer.handwriting.traces import Trace, bridge

JOINED_FACES = {"train": ("cursive", "scripts"), "held out": ("scriptc",)}
PRINTED_FACES = {"train": ("futural",), "held out": ("rowmans",)}
X_HEIGHT, LINE_HEIGHT = 9.0, 33.0  # of the scripts: from the top of an l to the bottom of a g
NUM_KNOTS = 4  # of the grid by which a letter is bent, in each direction
CELL = 12.0  # units between two knots
TOUCHING = 0.45  # x-heights between the end of a letter and the start of the next that are joined
SMALL = 0.3  # x-heights: a smaller stroke is a dot
MARKED = "itj"  # letters whose later strokes are put in a hurry
FLOURISH_SHARE = 0.4  # of the words of a hand that has flourishes
SPACING = 1.6  # units between the points of a stroke


class Letter(NamedTuple):
    """How far the pen moves on, and the strokes, each (P, 2): y grows downwards, letters stand at 0."""

    advance: float
    strokes: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class StrokeHand:
    """The letters of one hand.

    Parameters
    ----------
    face
        The typeface that is bent.
    seed
        Decides how each letter is bent.
    bend
        How much each letter differs from the typeface's, in x-heights.
    jitter
        How much a letter differs each time that it is written, in x-heights.
    spacing
        Added between letters, in x-heights.
    word_gap
        Space between words, in x-heights.
    joins
        Whether letters are joined.
    old
        Share of letters that are formed as around 1900, where there is such a form.
    flourish
        How far the last letters of words run out, in x-heights; 0 if they do not.
    """

    face: str
    seed: int
    bend: float
    jitter: float
    spacing: float
    word_gap: float
    joins: bool
    old: float = 0.0
    flourish: float = 0.0

    def write(self, text: str, rng: np.random.Generator) -> Trace:
        """Write a text.

        Raises
        ------
        ValueError
            If it has nothing to draw, or a character that no face has.
        """
        strokes: list[np.ndarray] = []
        x = 0.0
        for word in text.split(" "):
            written, width = self._write_word(word, rng)
            strokes += [stroke + np.array([x, 0.0]) for stroke in written]
            x += width + X_HEIGHT * self.word_gap * rng.lognormal(0, 0.15)
        if not strokes:
            raise ValueError(f"{text!r}: nothing to draw")
        return Trace(tuple(strokes), LINE_HEIGHT)

    def _write_word(self, word: str, rng: np.random.Generator) -> tuple[list[np.ndarray], float]:
        """Return a word's strokes and its width: letters are joined, dots and bars come after, as they are written."""
        strokes: list[np.ndarray] = []
        last, x, lift = -1, 0.0, 0.0  # `last` is the stroke that the next letter may go on from
        for i, character in enumerate(word):
            advance, bent = self._bent(character, rng, is_last=i == len(word) - 1)
            lift = 0.7 * lift + rng.normal(0, 0.5 * self.jitter * X_HEIGHT)
            bent = [stroke + np.array([x, lift]) for stroke in bent]
            first = min(range(len(bent)), key=lambda i: bent[i][0, 0], default=0)
            if bent and self.joins and last >= 0 and self._touch(strokes[last], bent[first]):
                entering = bent[first]
                strokes[last] = np.concatenate([strokes[last], bridge(strokes[last], entering), entering])
                others = [stroke for i, stroke in enumerate(bent) if i != first]
                candidates = [last, *range(len(strokes), len(strokes) + len(others))]
            else:
                others = list(bent)
                candidates = list(range(len(strokes), len(strokes) + len(others)))
            strokes += others
            is_letter = character.isalpha() and bent
            last = max(candidates, key=lambda i: strokes[i][-1, 0]) if is_letter else -1
            x += advance + self.spacing * X_HEIGHT
        if self.flourish and last >= 0 and rng.random() < FLOURISH_SHARE:
            strokes[last] = lengthen_end(strokes[last], self.flourish * X_HEIGHT, rng)
        return strokes, x

    def _touch(self, before: np.ndarray, after: np.ndarray) -> bool:
        """Tell whether a pen may go on from one stroke to the next: not from a dot, and not far."""
        if min(np.ptp(before, axis=0).max(), np.ptp(after, axis=0).max()) < SMALL * X_HEIGHT:
            return False
        across, down = after[0] - before[-1]
        return bool(abs(across) < (TOUCHING + max(0, self.spacing)) * X_HEIGHT and abs(down) < TOUCHING * X_HEIGHT)

    def _bent(self, character: str, rng: np.random.Generator, is_last: bool) -> tuple[float, list[np.ndarray]]:
        """Return a character's width and strokes in this hand."""
        letter = letter_of(self.face, character)
        habit = draw_habit(self.seed, character, self.old)
        if habit is not None and (is_last or not habit.is_last):
            letter = Letter(habit.advance, tuple(round_off(stroke) for stroke in habit.strokes))
        grid, size = _habit(self.seed, character, self.bend)
        grid = grid + rng.normal(0, self.jitter * X_HEIGHT, grid.shape)
        size = np.clip(size * np.exp(rng.normal(0, (self.jitter, 0.7 * self.jitter))), 0.6, 1.6)
        strokes = [size * bend(stroke, grid) for stroke in letter.strokes]
        if self.old and character in MARKED and len(strokes) > 1:
            strokes = displace_marks(strokes, X_HEIGHT, rng)
        return float(size[0]) * letter.advance, strokes


def draw_stroke_hand(rng: np.random.Generator, joins: bool, held_out: bool = False) -> StrokeHand:
    """Draw a hand; the held-out ones are in faces that no other hand has."""
    faces = (JOINED_FACES if joins else PRINTED_FACES)["held out" if held_out else "train"]
    return StrokeHand(
        face=str(rng.choice(faces)),
        seed=int(rng.integers(2**31)),
        bend=float(rng.uniform(0.03, 0.16)),
        jitter=float(rng.uniform(0.01, 0.07)),
        spacing=float(np.clip(rng.normal(0.08, 0.15), -0.15, 0.6)) if joins else float(rng.normal(0, 0.06)),
        word_gap=float(np.clip(rng.lognormal(np.log(1.3), 0.3), 0.9, 3)),
        joins=joins,
        old=float(rng.uniform(0.2, 0.9)) if joins and rng.random() < 0.7 else 0.0,
        flourish=float(rng.uniform(0.2, 1.5)) if joins and rng.random() < 0.4 else 0.0,
    )


def bend(points: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Displace points (P, 2) by interpolation in a grid of displacements (G, G, 2), CELL units apart."""
    place = np.clip(points / CELL + (0.5, 2.0), 0, len(grid) - 1.001)
    whole = np.floor(place).astype(int)
    (x, y), (right, down) = whole.T, (place - whole).T[..., None]
    above = (1 - right) * grid[y, x] + right * grid[y, x + 1]
    below = (1 - right) * grid[y + 1, x] + right * grid[y + 1, x + 1]
    return points + (1 - down) * above + down * below


@lru_cache(maxsize=256)
def _habit(seed: int, character: str, bend: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a hand's own displacements of a character (G, G, 2), and its width and height."""
    rng = np.random.default_rng([seed, ord(character)])
    return rng.normal(0, bend * X_HEIGHT, (NUM_KNOTS, NUM_KNOTS, 2)), np.exp(rng.normal(0, (1.5 * bend, bend)))


@cache
def letter_of(face: str, character: str) -> Letter:
    """Return a character of a face, in the scripts' units, its corners rounded.

    Raises
    ------
    ValueError
        If no face has it.
    """
    scale = X_HEIGHT / X_HEIGHTS[face]
    glyph = glyph_of(face, character)
    strokes = (round_off([(scale * x, scale * y) for x, y in stroke]) for stroke in glyph.strokes)
    return Letter(scale * glyph.advance, tuple(strokes))


def round_off(corners: Sequence[tuple[float, float]]) -> np.ndarray:
    """Return points SPACING units apart on a smooth curve through `corners` (Catmull and Rom 1974): (P, 2)."""
    knots = np.array(corners, dtype=np.float64)
    if len(knots) < 2:
        return knots
    padded = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    pieces = []
    for before, start, end, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        num = max(1, round(float(np.hypot(*(end - start))) / SPACING))
        t = np.arange(num)[:, None] / num
        pieces.append(
            0.5
            * (
                2 * start
                + (end - before) * t
                + (2 * before - 5 * start + 4 * end - after) * t**2
                + (3 * start - before - 3 * end + after) * t**3
            )
        )
    return np.concatenate([*pieces, knots[-1:]])
