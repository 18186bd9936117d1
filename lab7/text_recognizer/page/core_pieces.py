"""Turns a map of text-line cores into pieces of lines by tracing the bands of core from column to column.

A band crosses each column of the map in a run of pixels. Overlapping runs of neighbouring columns belong together. A
run that overlaps two others ends a piece, because two lines touch there; `join_pieces.py` decides which pieces join.

Letters in this file: h w map, R runs, N points.
"""

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np

from text_recognizer.page.finder_maps import FinderMaps
from text_recognizer.page.text_line import TextLine

MIN_CORE = 0.4  # hysteresis: a pixel with this probability is core if it is connected
SURE_CORE = 0.6  # to one with this probability
DENSER = 0.8  # the threshold where lines touch
THICK = 1.7  # times the median thickness of bands: two lines touch there
THINNEST = 0.12  # heights of the line: thinner pieces are the edges of something
THICKEST = 1.0  # heights of the line: thicker pieces are two lines that touch, or stains
MIN_LENGTH = 3  # pixels of the map: shorter pieces are specks
MAX_PIECES = 400  # 45 lines with nine pieces each; each may join each, so more, of noise, would take minutes
KNOT_DISTANCE = 0.5  # heights between the points of a line
SMOOTH = 1.5  # heights over which a centre line is smoothed


class Runs(NamedTuple):
    """Vertical runs of core, sorted by column and then from top to bottom.

    Parameters
    ----------
    column
        (R,) int64.
    top
        (R,) int64: the first row.
    bottom
        (R,) int64: the row below the last.
    """

    column: np.ndarray
    top: np.ndarray
    bottom: np.ndarray


def find_pieces(maps: FinderMaps) -> list[TextLine]:
    """Return the pieces of lines on upright maps, in pixels of the map; of very many, the longest."""
    band = _bands(maps.core)
    runs, run_of = _runs_of(band)
    pieces = [piece for chain in _chains(runs, run_of) if (piece := _piece_of(chain, runs, maps)) is not None]
    return sorted(pieces, key=lambda piece: -piece.length)[:MAX_PIECES] if len(pieces) > MAX_PIECES else pieces


def _bands(core: np.ndarray) -> np.ndarray:
    """Mark the pixels of core: (h, w) probabilities -> (h, w) uint8, 0 or 1. Bands that touch are made thinner."""
    likely = (core > MIN_CORE).astype(np.uint8)
    num, labels = cv2.connectedComponents(likely, connectivity=4)
    is_band = np.zeros(num, np.uint8)
    is_band[labels[core > SURE_CORE]] = 1
    band = likely * is_band[labels]
    thickness = _thickness(band)
    if not thickness.any():
        return band
    typical = np.median(thickness[band > 0])
    touching = cv2.dilate((thickness > THICK * typical).astype(np.uint8), np.ones((1, 3), np.uint8))
    return band * (1 - touching * (core < DENSER).astype(np.uint8))


def _thickness(band: np.ndarray) -> np.ndarray:
    """Return for each pixel the length of its vertical run: (h, w) 0 or 1 -> (h, w) int64."""
    runs, run_of = _runs_of(band)
    lengths = np.concatenate([[0], runs.bottom - runs.top])
    return lengths[run_of]


def _runs_of(band: np.ndarray) -> tuple[Runs, np.ndarray]:
    """Find the vertical runs of (h, w) 0 or 1. Return them, and for each pixel 1 + the index of its run, or 0."""
    padded = np.pad(band.T.astype(np.int8), ((0, 0), (1, 1)))
    steps = np.diff(padded, axis=1)  # (w, h + 1)
    column, top = np.nonzero(steps == 1)
    _, bottom = np.nonzero(steps == -1)
    number = (np.cumsum((steps == 1)[:, :-1].ravel()).reshape(band.shape[::-1])).T
    return Runs(column, top, bottom), number * (band > 0)


def _chains(runs: Runs, run_of: np.ndarray) -> Iterator[list[int]]:
    """Yield chains of runs from left to right; within a chain each run overlaps one run on either side and no other."""
    left, right = run_of[:, :-1], run_of[:, 1:]
    both = (left > 0) & (right > 0)
    pairs = np.unique(np.stack([left[both], right[both]], axis=1), axis=0) - 1
    num = len(runs.column)
    num_after = np.bincount(pairs[:, 0], minlength=num)
    num_before = np.bincount(pairs[:, 1], minlength=num)
    single = (num_after[pairs[:, 0]] == 1) & (num_before[pairs[:, 1]] == 1)
    follower = dict(pairs[single].tolist())
    for start in sorted(set(range(num)) - set(follower.values())):
        chain = [start]
        while chain[-1] in follower:
            chain.append(follower[chain[-1]])
        yield chain


def _piece_of(chain: list[int], runs: Runs, maps: FinderMaps) -> TextLine | None:
    """Turn a chain of runs into a piece of a line; None if it is too short, too thin or too thick."""
    if len(chain) < MIN_LENGTH:
        return None
    column, top, bottom = (values[chain] for values in runs)
    rows, columns = _pixels_of(column, top, bottom)
    core = maps.core[rows, columns]
    height = max(2.0, _weighted_median(maps.height[rows, columns], core))
    if not THINNEST * height < np.median(bottom - top) <= THICKEST * height:
        return None
    middle = np.bincount(columns - column[0], core * rows) / np.bincount(columns - column[0], core)
    points = _smoothed(column.astype(np.float64), middle, height)
    return TextLine(points, height, float(np.average(maps.printed[rows, columns], weights=core)), float(core.mean()))


def _pixels_of(column: np.ndarray, top: np.ndarray, bottom: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows and columns of all pixels of some runs: (R,) each -> (pixels,), (pixels,)."""
    lengths = bottom - top
    starts = np.repeat(top - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
    return np.arange(lengths.sum()) + starts, np.repeat(column, lengths)


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(values)
    return float(values[order[np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)]])


def _smoothed(x: np.ndarray, y: np.ndarray, height: float) -> np.ndarray:
    """Fit a smooth curve to the centres of columns: (N,), (N,) -> (M, 2) knots."""
    sigma = SMOOTH * height / 2
    reach = max(1, round(2 * sigma))
    # The line is extrapolated straight beyond its ends: repeating its last point would bend them.
    slope, y0 = np.polyfit(x, y, 1) if len(x) > height else (0.0, float(np.mean(y)))
    rest = y - slope * x - y0
    rest = np.pad(rest, reach, mode="reflect", reflect_type="odd") if len(x) > reach else np.zeros(len(x) + 2 * reach)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma, 0.5)) ** 2)
    smooth = np.convolve(rest, kernel / kernel.sum(), mode="valid") + slope * x + y0
    num = max(2, round(np.ptp(x) / max(1.0, KNOT_DISTANCE * height)) + 1)
    knots = np.linspace(x[0], x[-1], num)
    return np.stack([knots, np.interp(knots, x, smooth)], axis=1)
