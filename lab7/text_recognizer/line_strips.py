"""Finds the lines of a page from what was read on it, and cuts each out, straightened, for a closer look.

A model that reads a whole page sees it small, and knows roughly where each character stands. A line's own ink tells the
rest: how it climbs, where it begins and ends, how high its letters are.

Letters in this file: H W page, N pixels of text, S W strip. A line's middle is a straight line, y = slope * x + y0.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from text_recognizer.canvas import Box, Page, Point

STRIP_HEIGHT = 56  # pixels, as the lines have that models of lines are trained on
STRIP_MARGIN = 28  # pixels of paper before and after a line, likewise
NUM_ROUNDS = 6  # of looking for a line's ink and drawing the middle through it
REACH = 0.4  # pitches above and below the middle in which ink counts as the line's
SHORT = 4  # pitches: shorter lines climb as the others of the page do, a few letters do not tell
FURTHEST = 0.8  # pitches from the middle to the strip's upper and lower edges, at most
SMALLEST = 0.2  # likewise, at least: a line of dots is not blown up
AROUND = 0.06  # pitches of paper above and below
BESIDE = 0.3  # pitches before the first ink and behind the last that are cut out too
SAME = 0.4  # pitches: two lines that are closer are one
SMALL = 3  # pixels: specks that are narrower and lower say nothing about a line's height


class Middle(NamedTuple):
    """The middle of a line of text, in pixels of the page's ink."""

    slope: float
    y0: float

    def at(self, x: np.ndarray | float) -> np.ndarray | float:
        """Return y."""
        return self.slope * x + self.y0


Through = Callable[[np.ndarray, np.ndarray], Middle]  # draws a middle through points: (N,) x and y


@dataclass(frozen=True)
class Strip:
    """A line of text, cut out and straightened.

    Parameters
    ----------
    pixels
        (S, W) uint8, white ink on black.
    middle
        The line's middle on the page's ink.
    left
        Where on the page's ink the strip's first column lies.
    top
        How far the strip's first row lies above the middle, in pixels of the page's ink.
    step
        So many pixels of the page's ink make one of the strip.
    page
        What it was cut out of.
    """

    pixels: np.ndarray
    middle: Middle
    left: float
    top: float
    step: float
    page: Page

    def on_picture(self, x: float, y: float) -> Point:
        """Return where a point of the strip lies on the picture."""
        across = self.left + x * self.step
        return self.page.on_picture(across, float(self.middle.at(across)) - self.top + y * self.step)

    @property
    def outline(self) -> tuple[Point, ...]:
        """The corners of what was cut out, without the paper before and after the line: clockwise, on the picture."""
        (height, width), margin = self.pixels.shape, STRIP_MARGIN
        corners = ((margin, 0), (width - margin, 0), (width - margin, height), (margin, height))
        return tuple(self.on_picture(x, y) for x, y in corners)

    @property
    def box(self) -> Box:
        """The upright box around the outline."""
        xs, ys = zip(*self.outline, strict=True)
        return self.page.clip(min(xs), min(ys), max(xs), max(ys))


def cut_strips(page: Page, rows: Sequence[Sequence[Point]], pitch: float) -> list[Strip]:
    """Cut out the lines of a page, from top to bottom.

    Parameters
    ----------
    page
        The page.
    rows
        For each line that was read where its characters stand, on the picture.
    pitch
        How far lines are apart, in pixels of the picture.
    """
    pitch /= page.zoom
    ys, xs = np.nonzero(page.text)
    found = [_find_line(page.from_picture(np.array(row)), xs, ys, pitch) for row in rows if row]
    slope = _common_slope(found, pitch)
    middles = [line.middle if _is_long(line, pitch) else _at_slope(line, slope, xs, ys, pitch) for line in found]
    return [_cut(page, middle, pitch) for middle in _without_doubles(found, middles, pitch)]


class _Found(NamedTuple):
    """A line as it was found: its characters' extent and height, and a first middle."""

    left: float
    right: float
    num: int
    middle: Middle


def _find_line(places: np.ndarray, xs: np.ndarray, ys: np.ndarray, pitch: float) -> _Found:
    """Draw a middle through the ink around characters: (T, 2) places, (N,) coordinates of the page's text."""
    left, right = places[:, 0].min() - pitch, places[:, 0].max() + pitch
    level = _Found(left, right, len(places), Middle(0.0, float(np.median(places[:, 1]))))

    def through(xs: np.ndarray, ys: np.ndarray) -> Middle:
        return Middle(*np.polyfit(xs, ys, 1).tolist())

    return level._replace(middle=_settle(level, xs, ys, pitch, through))


def _is_long(line: _Found, pitch: float) -> bool:
    """Tell whether a line has enough letters to tell how it climbs."""
    return line.right - line.left >= (SHORT + 2) * pitch


def _common_slope(lines: Sequence[_Found], pitch: float) -> float:
    """Return the median slope of the longer lines, 0 if there are none."""
    slopes = [line.middle.slope for line in lines if _is_long(line, pitch)]
    return float(np.median(slopes)) if slopes else 0.0


def _at_slope(line: _Found, slope: float, xs: np.ndarray, ys: np.ndarray, pitch: float) -> Middle:
    """Draw the middle of a short line through its ink, as steep as the other lines."""
    centre = (line.left + line.right) / 2
    turned = line._replace(middle=Middle(slope, float(line.middle.at(centre)) - slope * centre))

    def through(xs: np.ndarray, ys: np.ndarray) -> Middle:
        return Middle(slope, float(np.mean(ys - slope * xs)))

    return _settle(turned, xs, ys, pitch, through)


def _settle(line: _Found, xs: np.ndarray, ys: np.ndarray, pitch: float, through: Through) -> Middle:
    """Draw a line's middle through its ink: in turns the ink near the middle, and the middle `through` that ink."""
    middle = line.middle
    for _ in range(NUM_ROUNDS):
        near = (np.abs(ys - middle.at(xs)) < REACH * pitch) & (xs >= line.left) & (xs <= line.right)
        if np.count_nonzero(near) < 2 or np.ptp(xs[near]) < pitch / 2:
            return middle
        middle = through(xs[near], ys[near])
    return middle


def _without_doubles(lines: Sequence[_Found], middles: Sequence[Middle], pitch: float) -> list[Middle]:
    """Leave out lines that slid onto others, of which more characters were read; sort by height on the page."""
    kept: list[tuple[_Found, Middle]] = []
    for line, middle in sorted(zip(lines, middles, strict=True), key=lambda pair: -pair[0].num):
        centre = (line.left + line.right) / 2
        if all(abs(other.at(centre) - middle.at(centre)) > SAME * pitch for _, other in kept):
            kept.append((line, middle))
    centre = float(np.mean([(line.left + line.right) / 2 for line, _ in kept])) if kept else 0.0
    return sorted((middle for _, middle in kept), key=lambda middle: middle.at(centre))


def _cut(page: Page, middle: Middle, pitch: float) -> Strip:
    """Cut out what lies along a middle, as high as the line's ink and a little higher."""
    text = _along(page.text, middle, 0, FURTHEST * pitch, 1.0, (2 * round(FURTHEST * pitch), page.text.shape[1]))
    left, right = _extent(text, pitch)
    above, below = (length + AROUND * pitch for length in _heights(text, pitch))
    step = (above + below) / STRIP_HEIGHT
    left -= STRIP_MARGIN * step
    width = round((right - left) / step) + STRIP_MARGIN
    ink = page.ink if step <= 1 else cv2.GaussianBlur(page.ink, (0, 0), 0.35 * step)  # else thin strokes would break
    pixels = _along(ink, middle, left, above, step, (STRIP_HEIGHT, width))
    pixels[:, : STRIP_MARGIN // 2] = pixels[:, -STRIP_MARGIN // 2 :] = 0
    return Strip(pixels, middle, left, above, step, page)


def _along(
    image: np.ndarray, middle: Middle, left: float, top: float, step: float, shape: tuple[int, int]
) -> np.ndarray:
    """Sample an image (H, W) along a middle: (S, W) from `left` on, `top` above the middle, in steps of pixels."""
    x = left + (np.arange(shape[1]) + 0.5) * step - 0.5
    y = middle.at(x + 0.5)[None] - top + (np.arange(shape[0])[:, None] + 0.5) * step - 0.5  # type: ignore[index]
    return cv2.remap(image, np.broadcast_to(x, y.shape).astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR)


def _extent(text: np.ndarray, pitch: float) -> tuple[float, float]:
    """Return where a line's ink begins and ends: (S, W) text along its middle."""
    reach = round(REACH * pitch)
    columns = np.flatnonzero(text[len(text) // 2 - reach : len(text) // 2 + reach].any(axis=0))
    if not columns.size:
        return 0.0, float(text.shape[1])
    return float(columns[0] - BESIDE * pitch), float(columns[-1] + 1 + BESIDE * pitch)


def _heights(text: np.ndarray, pitch: float) -> tuple[float, float]:
    """Return how far a line's strokes reach above and below its middle: (S, W) text along the middle."""
    spans = [(top, bottom) for top, bottom in _spans(text) if abs((top + bottom) / 2 - len(text) / 2) < REACH * pitch]
    if not spans:
        return SMALLEST * pitch, SMALLEST * pitch
    above, below = len(text) / 2 - min(top for top, _ in spans), max(bottom for _, bottom in spans) - len(text) / 2
    return max(SMALLEST * pitch, above), max(SMALLEST * pitch, below)


def _spans(text: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield the top and bottom of each stroke that hangs together."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(text)
    for _, top, width, height, _ in stats[1:]:
        if max(width, height) >= SMALL:
            yield int(top), int(top + height)
