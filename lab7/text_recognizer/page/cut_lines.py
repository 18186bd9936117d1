"""Cuts text lines out of a picture along their curves, straightened to the strips that line models are trained on.

Letters in this file: H W strip, T samples along a line, V samples across it, N lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from text_recognizer.page.check_boxes import empty_boxes
from text_recognizer.page.line_curve import LineCurve
from text_recognizer.page.strip_ink import WHITE, ink_of_strip, strength_of, without_grain
from text_recognizer.page.strip_rules import (
    faint_on_rules,
    remnants_of_rules,
    remnants_on_rules,
    without_long_rules,
    without_rules,
)
from text_recognizer.page.strip_strokes import BESIDE, extent_of, own_strokes, without_others
from text_recognizer.page.text_line import QuarterTurn, TextLine

STRIP_HEIGHT = 56  # pixels, as in the training data of line models
STRIP_MARGIN = 28  # pixels of paper before and after a line, as in the training data
WORK_HEIGHT = 72  # pixels: the largest height at which a line is sampled before it is scaled to 56 pixels
WIDEST = 32_000  # pixels: OpenCV's limit for the width of a strip
ROOM = 1.3  # heights of the line, above and below its centre line, that are sampled
BEYOND = 0.8  # heights before and behind the line where its first and last strokes may lie
ON_PAPER = 0.5  # probability of paper from which ink counts
NEAR_END = 0.1  # heights before and behind the line: strokes that come as near belong to it, rule or not
SEEN = 0.3  # probability from which a rule counts as seen
RULED = 0.02  # share of seen rules around a line from which the line has rules


@dataclass(frozen=True)
class LineStrip:
    """A line of text, cut out and straightened.

    Parameters
    ----------
    pixels
        (H, W) uint8, white ink on black.
    curve
        The line's centre line, on the upright picture.
    left
        Where along the curve the strip's first column lies.
    top
        How far above the curve the strip's first row lies.
    step
        Pixels of the picture per pixel of the strip.
    turn
        How the picture was put upright.
    """

    pixels: np.ndarray
    curve: LineCurve
    left: float
    top: float
    step: float
    turn: QuarterTurn

    def on_picture(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point of the strip lies on the picture."""
        (point,) = self._on_picture(np.array([x]), np.array([y])).tolist()
        return point[0], point[1]

    @property
    def outline(self) -> tuple[tuple[float, float], ...]:
        """The outline of the line on the picture, clockwise from the top of its start, without the paper around it."""
        height, width = self.pixels.shape
        num = 2 + round((width - 2 * STRIP_MARGIN) / (8 * STRIP_HEIGHT))
        x = np.linspace(STRIP_MARGIN, width - STRIP_MARGIN, num)
        x = np.concatenate([x, x[::-1]])
        y = np.repeat([0.0, float(height)], num)
        return tuple((across, down) for across, down in self._on_picture(x, y).tolist())

    @property
    def box(self) -> tuple[int, int, int, int]:
        """The upright box around the outline on the picture: left, top, right, bottom."""
        outline = np.array(self.outline)
        size = np.array(self.turn.size)
        left, top = np.clip(np.round(outline.min(axis=0)), 0, size).astype(int).tolist()
        right, bottom = np.clip(np.round(outline.max(axis=0)), 0, size).astype(int).tolist()
        return left, top, right, bottom

    def _on_picture(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        points = self.curve.on_picture(self.left + x * self.step, y * self.step - self.top)
        return self.turn.back(np.stack(points, axis=1))


class SeenMap(NamedTuple):
    """A map of rules and borders of tables, or of paper, on a picture.

    Parameters
    ----------
    likely
        (h, w) float32 probabilities.
    step
        Pixels of the picture per pixel of the map.
    """

    likely: np.ndarray
    step: float

    def near(self, line: TextLine) -> bool:
        """Tell whether the map shows something around a line of the picture."""
        small = line.scaled(1 / self.step)
        top, bottom = small.points[:, 1].min() - small.height, small.points[:, 1].max() + small.height
        part = self.likely[max(0, int(top)) : int(bottom) + 1, max(0, int(small.left)) : int(small.right) + 1]
        return bool(part.size and (part > SEEN).mean() > RULED)


def cut_lines(
    picture: np.ndarray,
    lines: Sequence[TextLine],
    turn: QuarterTurn,
    is_dark: bool = True,
    rules: SeenMap | None = None,
    neighbours: Sequence[TextLine] | None = None,
    paper: SeenMap | None = None,
) -> list[LineStrip]:
    """Cut lines out of a picture.

    Parameters
    ----------
    picture
        (H, W) or (H, W, 3) uint8, upright.
    lines
        N lines in its pixels.
    turn
        How the picture was put upright.
    is_dark
        Whether ink is darker than paper.
    rules
        The map of rules, which are removed; None if there are none.
    neighbours
        All lines of the picture, whether they are cut out or not, whose strokes belong to no other line; the lines
        themselves if None.
    paper
        The map of paper: before and behind a line, only what lies on paper is ink; all is paper if None.
    """
    cutter = _Cutter(picture, list(neighbours or lines), is_dark, rules, paper)
    return [cutter.cut(line, turn) for line in lines]


class _Reduced:
    """An image pyramid: each level is half as large as the one before, to sample large letters without gaps."""

    def __init__(self, picture: np.ndarray) -> None:
        self.levels = [picture]

    def at(self, step: float) -> tuple[np.ndarray, int]:
        """Return the smallest level that is fine enough for samples `step` pixels apart, and its reduction factor."""
        level = max(0, int(np.floor(np.log2(max(step, 1.0)))))
        while len(self.levels) <= level:
            last = self.levels[-1]
            size = max(1, last.shape[1] // 2), max(1, last.shape[0] // 2)
            self.levels.append(cv2.resize(last, size, interpolation=cv2.INTER_AREA))
        return self.levels[level], 2**level


class _Cutter:
    """Cuts out lines of one picture; holds what they have in common. See `cut_lines`."""

    def __init__(
        self,
        picture: np.ndarray,
        lines: Sequence[TextLine],
        is_dark: bool,
        rules: SeenMap | None,
        paper: SeenMap | None = None,
    ) -> None:
        self.picture = _Reduced(picture)
        self.lines = lines
        self.is_dark = is_dark
        self.rules = rules
        self.paper = paper

    def cut(self, line: TextLine, turn: QuarterTurn) -> LineStrip:
        """Cut out one line."""
        curve = LineCurve(line)
        beside = (BEYOND + BESIDE) * line.height
        # Pixels of the picture per pixel of the work strip.
        step = max(1.0, line.height / WORK_HEIGHT, (curve.length + 2 * beside) / WIDEST)
        height = line.height / step
        t = np.arange(-beside, curve.length + beside, step)
        v = (np.arange(2 * round(ROOM * height)) - round(ROOM * height) + 0.5) * step
        ink = self._ink(line, curve, t, v, height, step)
        own = own_strokes(ink, height, t, curve, [other for other in self.lines if other is not line], step)
        extent = extent_of(own, height)
        return _as_strip(without_others(ink, own), extent, curve, float(t[0]), step, turn)

    def _ink(
        self, line: TextLine, curve: LineCurve, t: np.ndarray, v: np.ndarray, height: float, step: float
    ) -> np.ndarray:
        """Return the straightened ink around a line without rules: (V, T) float32."""
        image, factor = self.picture.at(step)
        ink = ink_of_strip(curve.sample(image, t, v, factor), height, self.is_dark)
        ink[empty_boxes(ink, height)] = 0
        if self.paper is not None:
            beyond = (t < 0) | (t > curve.length)
            ink[:, beyond] *= curve.sample(self.paper.likely, t[beyond], v, self.paper.step) > ON_PAPER
        if self.rules is None or not self.rules.near(line):
            return without_long_rules(ink, height)
        seen = curve.sample(self.rules.likely, t, v, self.rules.step) > SEEN
        ink = without_rules(ink, height)
        outside = (t < -NEAR_END * line.height) | (t > curve.length + NEAR_END * line.height)
        remnants = faint_on_rules(ink, seen) | remnants_of_rules(ink, height)
        remnants |= remnants_on_rules(ink, seen, outside, height)
        ink = np.where(remnants, 0, ink).astype(np.float32)
        return ink / (strength_of(ink, height) or 1.0)


def _as_strip(
    ink: np.ndarray,
    extent: tuple[int, int, float, float],
    curve: LineCurve,
    start: float,
    step: float,
    turn: QuarterTurn,
) -> LineStrip:
    """Scale a line's ink to 56 pixels in height, and add paper before and behind it."""
    left, right, top, bottom = extent
    scale = STRIP_HEIGHT / (bottom - top)
    width = min(max(1, round((right - left) * scale)), WIDEST)
    matrix = np.array([[1 / scale, 0, left + 0.5 / scale - 0.5], [0, 1 / scale, top + 0.5 / scale - 0.5]])
    soft = cv2.GaussianBlur(ink, (0, 0), 0.35 / scale) if scale < 1 else ink  # unblurred, thin strokes would break
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    line = without_grain(cv2.warpAffine(soft, matrix, (width, STRIP_HEIGHT), flags=flags))
    pixels = np.pad((line * WHITE).clip(0, WHITE).astype(np.uint8), ((0, 0), (STRIP_MARGIN, STRIP_MARGIN)))
    work = 1 / scale * step
    x = start + left * step - STRIP_MARGIN * work
    return LineStrip(pixels, curve, x, (len(ink) / 2 - top) * step, work, turn)
