"""Finds the lines of a page after the first pass, and cuts out and straightens each for the second pass.

The first pass reads the reduced page and gives rough places of characters. The slope of a line, its ends and its height
are then measured on its own ink. A centre line is straight: y = slope * x + y0.

Letters in this file: H W page, N pixels of text, S W strip.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np

from text_recognizer.images.constants import Box
from text_recognizer.page.geometry import Page, Point

STRIP_HEIGHT = 56  # pixels, as in the training data of line models
STRIP_MARGIN = 28  # pixels of paper before and after a line, as in the training data
NUM_ROUNDS = 6  # iterations of the least-squares fit to a line's ink
REACH = 0.4  # pitches above and below the centre line in which ink counts as the line's
SHORT = 4  # pitches: shorter lines get the common slope of the page
FURTHEST = 0.8  # pitches from the centre line to the strip's upper and lower edges, at most
SMALLEST = 0.2  # the same, at least: a line of dots is not enlarged further
AROUND = 0.06  # pitches of paper above and below the ink
BESIDE = 0.3  # pitches of paper before the first ink and behind the last
SAME = 0.4  # pitches: two centre lines that are closer belong to one line
WIDEST = 32_000  # pixels: OpenCV's limit for the width of a strip
SMALL = 3  # pixels: components that are narrower and lower are specks, and do not count for a line's height


class CentreLine(NamedTuple):
    """The centre line of a line of text, in pixels of the page's ink."""

    slope: float
    y0: float

    def at(self, x: Any) -> Any:
        """Return y."""
        return self.slope * x + self.y0


Fitter = Callable[[np.ndarray, np.ndarray], CentreLine]  # fits a centre line to points: (N,) x and y


@dataclass(frozen=True)
class Strip:
    """A line of text, cut out and straightened.

    Parameters
    ----------
    pixels
        (S, W) uint8, white ink on black.
    centre_line
        The line's centre line on the page's ink.
    left
        Where on the page's ink the strip's first column lies.
    top
        How far the strip's first row lies above the centre line, in pixels of the page's ink.
    step
        Pixels of the page's ink per pixel of the strip.
    page
        The page.
    """

    pixels: np.ndarray
    centre_line: CentreLine
    left: float
    top: float
    step: float
    page: Page

    def on_picture(self, x: float, y: float) -> Point:
        """Return where a point of the strip lies on the picture."""
        across = self.left + x * self.step
        return self.page.on_picture(across, float(self.centre_line.at(across)) - self.top + y * self.step)

    @property
    def outline(self) -> tuple[Point, ...]:
        """The corners of the line on the picture, clockwise, without the paper before and after the line."""
        height, width = self.pixels.shape
        left, right = STRIP_MARGIN, width - STRIP_MARGIN
        corners = ((left, 0), (right, 0), (right, height), (left, height))
        return tuple(self.on_picture(x, y) for x, y in corners)

    @property
    def box(self) -> Box:
        """The upright box around the outline."""
        xs, ys = zip(*self.outline, strict=True)
        return self.page.clip(min(xs), min(ys), max(xs), max(ys))


def cut_strips(page: Page, rows: Sequence[Sequence[Point]], pitch: float) -> list[Strip]:
    """Cut the lines out of a page, from top to bottom.

    Parameters
    ----------
    page
        The page.
    rows
        The places of each line's characters on the picture.
    pitch
        The distance between two lines, in pixels of the picture.
    """
    pitch /= page.zoom
    ys, xs = np.nonzero(page.text)
    found = [_find_line(page.from_picture(np.array(row)), xs, ys, pitch) for row in rows if row]
    slope = _common_slope(found, pitch)
    centre_lines = [
        line.centre_line if _is_long(line, pitch) else _at_slope(line, slope, xs, ys, pitch) for line in found
    ]
    return [_cut(page, centre_line, pitch) for centre_line in _deduplicate(found, centre_lines, pitch)]


class _Found(NamedTuple):
    """A line of the first pass: the extent and number of its characters, and a first centre line."""

    left: float
    right: float
    num: int
    centre_line: CentreLine


def _find_line(places: np.ndarray, xs: np.ndarray, ys: np.ndarray, pitch: float) -> _Found:
    """Fit a centre line to the ink around characters: (T, 2) places, (N,) coordinates of the page's text."""
    left, right = places[:, 0].min() - pitch, places[:, 0].max() + pitch
    level = _Found(left, right, len(places), CentreLine(0.0, float(np.median(places[:, 1]))))

    def fit(xs: np.ndarray, ys: np.ndarray) -> CentreLine:
        return CentreLine(*np.polyfit(xs, ys, 1).tolist())

    return level._replace(centre_line=_fit_iteratively(level, xs, ys, pitch, fit))


def _is_long(line: _Found, pitch: float) -> bool:
    """Tell whether a line is long enough to estimate its slope."""
    return line.right - line.left >= (SHORT + 2) * pitch


def _common_slope(lines: Sequence[_Found], pitch: float) -> float:
    """Return the median slope of the longer lines, 0 if there are none."""
    slopes = [line.centre_line.slope for line in lines if _is_long(line, pitch)]
    return float(np.median(slopes)) if slopes else 0.0


def _at_slope(line: _Found, slope: float, xs: np.ndarray, ys: np.ndarray, pitch: float) -> CentreLine:
    """Fit the centre line of a short line, with the slope of the other lines."""
    centre = (line.left + line.right) / 2
    turned = line._replace(centre_line=CentreLine(slope, float(line.centre_line.at(centre)) - slope * centre))

    def fit(xs: np.ndarray, ys: np.ndarray) -> CentreLine:
        return CentreLine(slope, float(np.mean(ys - slope * xs)))

    return _fit_iteratively(turned, xs, ys, pitch, fit)


def _fit_iteratively(line: _Found, xs: np.ndarray, ys: np.ndarray, pitch: float, fit: Fitter) -> CentreLine:
    """Fit a line's centre line to its ink: take the ink near the line, fit to it, and repeat."""
    centre_line = line.centre_line
    for _ in range(NUM_ROUNDS):
        near = (np.abs(ys - centre_line.at(xs)) < REACH * pitch) & (xs >= line.left) & (xs <= line.right)
        if np.count_nonzero(near) < 2 or np.ptp(xs[near]) < pitch / 2:
            return centre_line
        centre_line = fit(xs[near], ys[near])
    return centre_line


def _deduplicate(lines: Sequence[_Found], centre_lines: Sequence[CentreLine], pitch: float) -> list[CentreLine]:
    """Remove lines whose fit converged to another line with more characters; sort from top to bottom."""
    kept: list[tuple[_Found, CentreLine]] = []
    for line, centre_line in sorted(zip(lines, centre_lines, strict=True), key=lambda pair: -pair[0].num):
        centre = (line.left + line.right) / 2
        if all(abs(other.at(centre) - centre_line.at(centre)) > SAME * pitch for _, other in kept):
            kept.append((line, centre_line))
    centre = float(np.mean([(line.left + line.right) / 2 for line, _ in kept])) if kept else 0.0
    return sorted((centre_line for _, centre_line in kept), key=lambda centre_line: centre_line.at(centre))


def _cut(page: Page, centre_line: CentreLine, pitch: float) -> Strip:
    """Cut a strip along a centre line, a little higher than the line's ink."""
    text = _along(page.text, centre_line, 0, FURTHEST * pitch, 1.0, (2 * round(FURTHEST * pitch), page.text.shape[1]))
    left, right = _extent(text, pitch)
    above, below = (length + AROUND * pitch for length in _heights(text, pitch))
    step = (above + below) / STRIP_HEIGHT
    left -= STRIP_MARGIN * step
    width = min(round((right - left) / step) + STRIP_MARGIN, WIDEST)
    # Without the blur thin strokes would break.
    ink = page.ink if step <= 1 else cv2.GaussianBlur(page.ink, (0, 0), 0.35 * step)
    pixels = _along(ink, centre_line, left, above, step, (STRIP_HEIGHT, width))
    pixels[:, : STRIP_MARGIN // 2] = pixels[:, -STRIP_MARGIN // 2 :] = 0
    return Strip(pixels, centre_line, left, above, step, page)


def _along(
    image: np.ndarray, centre_line: CentreLine, left: float, top: float, step: float, shape: tuple[int, int]
) -> np.ndarray:
    """Sample an image (H, W) along a centre line: (S, W), from x = `left` and `top` pixels above the line."""
    x = left + (np.arange(shape[1]) + 0.5) * step - 0.5
    y = centre_line.at(x + 0.5)[None] - top + (np.arange(shape[0])[:, None] + 0.5) * step - 0.5
    return cv2.remap(image, np.broadcast_to(x, y.shape).astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR)


def _extent(text: np.ndarray, pitch: float) -> tuple[float, float]:
    """Return the x at which a line's ink begins and ends: (S, W) text along its centre line."""
    reach = round(REACH * pitch)
    columns = np.flatnonzero(text[len(text) // 2 - reach : len(text) // 2 + reach].any(axis=0))
    if not columns.size:
        return 0.0, float(text.shape[1])
    return float(columns[0] - BESIDE * pitch), float(columns[-1] + 1 + BESIDE * pitch)


def _heights(text: np.ndarray, pitch: float) -> tuple[float, float]:
    """Return the heights of a line's strokes above and below its centre line: (S, W) text along that line."""
    spans = [(top, bottom) for top, bottom in _spans(text) if abs((top + bottom) / 2 - len(text) / 2) < REACH * pitch]
    if not spans:
        return SMALLEST * pitch, SMALLEST * pitch
    above = len(text) / 2 - min(top for top, _ in spans)
    below = max(bottom for _, bottom in spans) - len(text) / 2
    return max(SMALLEST * pitch, above), max(SMALLEST * pitch, below)


def _spans(text: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield the top and bottom of each connected component."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(text)
    for _, top, width, height, _ in stats[1:]:
        if max(width, height) >= SMALL:
            yield int(top), int(top + height)
