"""Assigns the strokes on a strip around a line of text to the line or its neighbours, and finds the line's extent.

Letters in this file: H W strip, K strokes (connected components of ink). `height` is that of the line of text, in
pixels of the strip; the line's centre line is the strip's middle row.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from text_recognizer.page.line_curve import LineCurve
from text_recognizer.page.text_line import TextLine

# All but the last are in heights of the line, from ascenders to descenders.
CORE = 0.2  # above and below the centre line: strokes that reach this band belong to the line
REACH = 0.6  # above and below the centre line: dots and commas of the line lie within
AROUND = 0.09  # paper above and below the line's ink
BESIDE = 0.45  # paper before and behind it
SMALLEST = 0.3  # least extent above and below the centre line: a line of dots is not enlarged further
FURTHEST = 1.15  # largest extent
TALLEST = 1.6  # higher strokes, of a scrawl or a box around the text, do not count for the extent
SPECK = 0.05  # strokes that are narrower and lower do not count for the extent
INK = 0.4  # of the darkest strokes: darker pixels are strokes


def own_strokes(
    ink: np.ndarray, height: float, t: np.ndarray, curve: LineCurve, others: Sequence[TextLine], step: float
) -> np.ndarray:
    """Assign each stroke: (H, W) int8, 1 for the line's own, -1 for its neighbours', 0 for paper.

    A stroke that touches the line's core belongs to the line, and one that touches only a neighbour's core belongs to
    the neighbour. One that touches both is cut half-way. One that touches none, such as the dot of an i, belongs to the
    nearer line.
    """
    strokes = (cv2.GaussianBlur(ink, (0, 0), max(0.5, height / 75)) > INK).astype(np.uint8)
    num, labels, stats, middles = cv2.connectedComponentsWithStats(strokes)
    middle = len(ink) / 2
    above, below = _borders(t, curve, others, step, middle, height)
    rows = np.arange(len(ink))[:, None] + 0.5
    on_line = (t > -CORE * height * step) & (t < curve.length + CORE * height * step)
    own_core = (np.abs(rows - middle) < CORE * height) & on_line
    others_core = (rows < 2 * above - middle + CORE * height) | (rows > 2 * below - middle - CORE * height)
    touches_own, touches_others = _touching(labels, own_core, num), _touching(labels, others_core, num)
    column = np.clip(np.round(middles[:, 0]), 0, ink.shape[1] - 1).astype(int)
    y = middles[:, 1] + 0.5
    is_nearer = (np.abs(y - middle) < REACH * height) & (y > above[column]) & (y < below[column])
    is_own = np.where(touches_own | touches_others, touches_own, is_nearer)
    is_speck = np.maximum(stats[:, 2], stats[:, 3]) < SPECK * height
    owner = np.where(is_own, 1, np.where(is_speck, 0, -1)).astype(np.int8)
    owner[0] = 0
    whose = owner[labels]
    is_cut = touches_own & touches_others
    whose[is_cut[labels] & ((rows < above) | (rows > below))] = -1
    return whose


def _touching(labels: np.ndarray, where: np.ndarray, num: int) -> np.ndarray:
    """Tell which strokes have pixels in a region: (H, W) labels, (H, W) bool -> (K,) bool."""
    touching = np.zeros(num, bool)
    touching[labels[where]] = True
    return touching


def _borders(
    t: np.ndarray, curve: LineCurve, others: Sequence[TextLine], step: float, middle: float, height: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the borders half-way to the neighbours above and below, in rows of the strip: (W,), (W,)."""
    above, below = np.full(len(t), -np.inf), np.full(len(t), np.inf)
    for other in others:
        offset = curve.offset_of(other, t) / step / 2
        offset = np.where(np.abs(offset) < 2 * height, offset, np.nan)
        above = np.fmax(above, np.where(offset < 0, middle + offset, np.nan))
        below = np.fmin(below, np.where(offset > 0, middle + offset, np.nan))
    return above, below


def extent_of(whose: np.ndarray, height: float) -> tuple[int, int, float, float]:
    """Return left, right, top and bottom of a line's own ink, with a little paper around it."""
    own = (whose > 0).astype(np.uint8)
    middle = len(whose) / 2
    _, _, stats, _ = cv2.connectedComponentsWithStats(own)
    stats = stats[1:][np.maximum(stats[1:, 2], stats[1:, 3]) >= max(2, SPECK * height)]
    letters = stats[stats[:, 3] < TALLEST * height]
    stats = letters if len(letters) else stats
    if not len(stats):
        return 0, whose.shape[1], middle - SMALLEST * height, middle + SMALLEST * height
    left, top = stats[:, 0].min(), stats[:, 1].min()
    right, bottom = (stats[:, 0] + stats[:, 2]).max(), (stats[:, 1] + stats[:, 3]).max()
    above, below = (
        min(max(length, SMALLEST * height), FURTHEST * height) + AROUND * height
        for length in (middle - top, bottom - middle)
    )
    return (
        max(0, round(left - BESIDE * height)),
        min(whose.shape[1], round(right + BESIDE * height)),
        max(0.0, middle - above),
        min(float(len(whose)), middle + below),
    )


def without_others(ink: np.ndarray, whose: np.ndarray) -> np.ndarray:
    """Remove the neighbours' strokes with their soft edges: (H, W) -> (H, W)."""
    size = np.ones((5, 5), np.uint8)
    others, own = (cv2.dilate((whose == sign).astype(np.uint8), size) for sign in (-1, 1))
    return np.where((others > 0) & (own == 0), 0, ink)
