"""Whose the strokes on a strip around a line of text are, and where the line's own end.

Letters in this file: H W strip, T its columns, K strokes (pixels of ink that hang together). `height` is that of the
line of text, in pixels of the strip; in its middle row runs the line's middle.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from text_recognizer.page.line_curve import LineCurve
from text_recognizer.page.text_line import TextLine

# Heights of the line, from ascenders to descenders.
CORE = 0.2  # around the middle: strokes that come so near it are the line's
REACH = 0.6  # around the middle lie its dots and commas
AROUND = 0.09  # of paper above and below the line's ink
BESIDE = 0.45  # of paper before and behind
SMALLEST = 0.3  # above and below the middle at least: a line of dots is not blown up
FURTHEST = 1.15  # at most
TALLEST = 1.6  # higher strokes, of a scrawl or a box around the text, say nothing about where it ends
SPECK = 0.05  # strokes that are narrower and lower say nothing about where a line's ink ends
INK = 0.4  # of the darkest strokes: what is darker is a stroke


def own_strokes(
    ink: np.ndarray, height: float, t: np.ndarray, curve: LineCurve, others: Sequence[TextLine], step: float
) -> np.ndarray:
    """Tell whose each stroke is: (H, W) int8, 1 for the line's own, -1 for its neighbours', 0 for paper.

    A stroke that touches the line's core is its own, and one that touches only a neighbour's core the neighbour's. One
    that touches both is cut half-way; one that touches none, the dot of an i, belongs to the line that is nearer.
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
    """Tell which strokes have pixels at some places: (H, W) labels, (H, W) bool -> (K,) bool."""
    touching = np.zeros(num, bool)
    touching[labels[where]] = True
    return touching


def _borders(
    t: np.ndarray, curve: LineCurve, others: Sequence[TextLine], step: float, middle: float, height: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return half-way to the neighbours above and below, in rows of the strip: (W,), (W,)."""
    above, below = np.full(len(t), -np.inf), np.full(len(t), np.inf)
    for other in others:
        offset = curve.offset_of(other, t) / step / 2
        offset = np.where(np.abs(offset) < 2 * height, offset, np.nan)
        above = np.fmax(above, np.where(offset < 0, middle + offset, np.nan))
        below = np.fmin(below, np.where(offset > 0, middle + offset, np.nan))
    return above, below


def extent_of(whose: np.ndarray, height: float) -> tuple[int, int, float, float]:
    """Return where a line's own ink begins and ends, along and across the strip, with a little paper around it."""
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
    """Take the neighbours' strokes off, soft edges too."""
    size = np.ones((5, 5), np.uint8)
    others, own = (cv2.dilate((whose == sign).astype(np.uint8), size) for sign in (-1, 1))
    return np.where((others > 0) & (own == 0), 0, ink)
