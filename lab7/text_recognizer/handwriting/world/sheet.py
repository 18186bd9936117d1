"""A sheet with ink, and a line finder's labels of each pixel.

Letters in this file: H W image, K points of a line.
"""

from typing import NamedTuple

import cv2
import numpy as np

from text_recognizer.handwriting.world.written import Written
from text_recognizer.images.augment import STEP
from text_recognizer.images.constants import WHITE

# The bits of `Sheet.labels`.
CORE, PRINTED, RULE, UNKNOWN = 1, 2, 4, 8
THINNEST = 3.0  # pixels: a thinner core would vanish in maps of half the size
SHARP = 2.5  # letters that are enlarged by more are sharpened


class SheetLine(NamedTuple):
    """A line on the sheet."""

    text: str
    polyline: np.ndarray  # (K, 2) float32 x, y: half-way between baseline and x-height, in reading direction
    height: float  # pixels from the top of an l to the bottom of a g
    printed: bool
    written: Written | None = None  # what was written here


class Sheet:
    """A sheet (H, W) with its ink, rules and lines.

    Parameters
    ----------
    size
        Height and width in pixels.

    Attributes
    ----------
    inks
        Ink (H, W) uint8 by number of the pen, from 0 for none to 255.
    rules
        (H, W) uint8 like inks: rules that are printed or drawn, and drawings.
    labels
        (H, W) uint8 of CORE, PRINTED, RULE and UNKNOWN.
    heights
        (H, W) float32: for pixels in a core, the height of its line.
    lines
        In reading order.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.inks: dict[int, np.ndarray] = {}
        self.rules = np.zeros(size, np.uint8)
        self.labels = np.zeros(size, np.uint8)
        self.heights = np.zeros(size, np.float32)
        self.lines: list[SheetLine] = []

    def write(
        self, line: Written, left: float, baseline: float, x_height: float, slope: float = 0.0, pen: int = 0
    ) -> float:
        """Write a line on the sheet; return the column behind its last word.

        Parameters
        ----------
        left, baseline
            The column at which its first word starts, and the row of its baseline there.
        x_height
            Height of an x in pixels.
        slope
            Pixels down per pixel to the right.
        pen
            The number of its ink.
        """
        scale = x_height / line.x_height
        ink = _scaled(line.ink, scale)
        corner = left - scale * line.places[0, 0], baseline - scale * float(line.row(line.places[0, :1])[0])
        ink, corner = _sheared(ink, corner, slope, left)
        self._paste(ink, corner, pen)
        first, last = float(line.places[0, 0]), float(min(line.places[-1, 1], line.ink.shape[1]))
        columns = np.append(np.arange(first, last, STEP), last)
        x = left + scale * (columns - first)
        # The origin is the corner of the ink before shearing, which lowers each column by slope times its distance.
        y = baseline + scale * (line.row(columns) - line.row(line.places[0, :1])) + slope * (x - left)
        self._label(line, np.stack([x, y], axis=1), scale)
        return float(x[-1])

    def rule(self, start: tuple[float, float], end: tuple[float, float], width: float, dark: float = 1.0) -> None:
        """Draw a straight line."""
        (left, top), (right, bottom) = ([round(16 * value) for value in point] for point in (start, end))
        cv2.line(self.rules, (left, top), (right, bottom), WHITE * dark, max(1, round(width)), cv2.LINE_AA, 4)
        cv2.line(self.labels, (left, top), (right, bottom), RULE, max(2, round(width) + 1), cv2.LINE_8, 4)

    def _paste(self, ink: np.ndarray, corner: tuple[float, float], pen: int) -> None:
        layer = self.inks.setdefault(pen, np.zeros(self.size, np.uint8))
        x, y = round(corner[0]), round(corner[1])
        top, left = max(0, y), max(0, x)
        bottom, right = min(self.size[0], y + ink.shape[0]), min(self.size[1], x + ink.shape[1])
        if bottom > top and right > left:
            seen = layer[top:bottom, left:right]
            np.maximum(seen, ink[top - y : bottom - y, left - x : right - x], out=seen)

    def _label(self, line: Written, points: np.ndarray, scale: float) -> None:
        core = scale * line.x_height
        thick = max(core, THINNEST)
        up = np.array([0, core / 2 + thick / 2], np.float32)
        down = np.array([0, thick / 2 - core / 2], np.float32)
        band = np.round(16 * np.concatenate([points - up, (points + down)[::-1]])).astype(np.int32)
        height = float(scale * (line.ascent + line.descent))
        cv2.fillPoly(self.labels, [band], CORE | (PRINTED if line.printed else 0), cv2.LINE_8, 4)
        cv2.fillPoly(self.heights, [band], height, cv2.LINE_8, 4)
        middle = (points - np.array([0, core / 2])).astype(np.float32)
        self.lines.append(SheetLine(line.text, middle, height, line.printed, line))


def _scaled(ink: np.ndarray, scale: float) -> np.ndarray:
    """Scale ink (H, W), with sharp edges even if it is enlarged."""
    size = max(1, round(scale * ink.shape[1])), max(1, round(scale * ink.shape[0]))
    if scale <= 1:
        return cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    large = cv2.resize(ink, size, interpolation=cv2.INTER_CUBIC)
    if scale > SHARP:
        large = cv2.GaussianBlur(large, (0, 0), 0.35 * scale)
        large = cv2.addWeighted(large, 0.8 * scale, large, 0, -WHITE * (0.4 * scale - 0.5))
    return large


def _sheared(
    ink: np.ndarray, corner: tuple[float, float], slope: float, left: float
) -> tuple[np.ndarray, tuple[float, float]]:
    """Shear ink by a slope; the column at `left` keeps its height."""
    if abs(slope) * ink.shape[1] < 0.5:
        return ink, corner
    height, width = ink.shape
    lowered = slope * (corner[0] - left), slope * (corner[0] + width - left)
    top = int(np.floor(min(lowered)))
    matrix = np.array([[1.0, 0, 0], [slope, 1, lowered[0] - top]])
    sheared = cv2.warpAffine(ink, matrix, (width, height + int(np.ceil(max(lowered))) - top))
    return sheared, (corner[0], corner[1] + top)
