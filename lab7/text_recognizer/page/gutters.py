"""Splits lines that run across the gutter between two columns of handwriting.

A narrow gutter looks like a wide gap between two words, in one line. But in a gutter the lines of a whole column begin
at the same place, those of the column before end, and the lines that cross it show no ink there.

Letters in this file: h w map.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from text_recognizer.page.text_line import TextLine

# Lengths are in heights of a line.
SHORTEST = 2.5  # shorter lines do not make a column,
SHORT = 1.0  # but lines, and parts of lines, that are as long may be a note in the margin beside it
AT_GUTTER = 1.0  # lines of one column begin, and gaps before it end, within this distance
PAST = 0.4  # a line of the column before may reach so far beyond the beginning of the next
FURTHEST = 8.0  # or end so far before it
ABOVE = 1.5  # a line so far above the first line of a column, or below its last, belongs to it
REACH = 0.3  # above and below a centre line, where letters have ink
NARROWEST, WIDEST = 0.45, 4.0  # a gap without ink in a crossing line; across a wider one there is no line
NUM_BEGINNING, NUM_ENDING = 3, 2  # lines that begin and end at a gutter, at least
MANY = 3  # times as many lines that begin as lines that cross, and a single line that ends, tell of a gutter, too
SHARE = 0.7  # of the crossing lines that have a gap there
MOST = 4  # gutters at which a page is split


class _Ends(NamedTuple):
    """Where a line begins and ends on the levelled page, and its y."""

    left: float
    right: float
    y: float


def split_at_gutters(lines: Sequence[TextLine], ink: np.ndarray, slope: float) -> list[TextLine]:
    """Split lines at gutters.

    Parameters
    ----------
    lines
        The lines of an upright picture, in pixels of the map.
    ink
        (h, w), 0 or 1: where there are strokes.
    slope
        The common slope of the lines.
    """
    parts = list(lines)
    for _ in range(MOST):
        split = _split_once(parts, ink, slope)
        if split is None:
            break
        parts = split
    return parts


def _split_once(lines: list[TextLine], ink: np.ndarray, slope: float) -> list[TextLine] | None:
    """Split lines at the gutter that most lines begin at; None if there is none to split at."""
    ends = [_level(line, slope) for line in lines]
    long = [i for i, line in enumerate(lines) if line.length >= SHORTEST * line.height]
    columns = [[j for j in long if abs(ends[j].left - ends[i].left) < AT_GUTTER * lines[i].height] for i in long]
    for column in sorted(columns, key=len, reverse=True):
        if len(column) >= NUM_BEGINNING and (gaps := _gaps_before(column, lines, ends, ink)):
            return [part for i, line in enumerate(lines) for part in (_cut(line, gaps[i]) if i in gaps else [line])]
    return None


def _gaps_before(
    column: Sequence[int], lines: Sequence[TextLine], ends: Sequence[_Ends], ink: np.ndarray
) -> dict[int, tuple[float, float]]:
    """Return the gaps of the lines that cross the gutter before a column; none if there is no gutter."""
    height = float(np.median([lines[i].height for i in column]))
    start = float(np.median([ends[i].left for i in column]))
    top, bottom = (pick(ends[i].y for i in column) for pick in (min, max))
    beside = [
        i
        for i, line in enumerate(lines)
        if i not in column
        and line.length >= SHORT * line.height
        and top - ABOVE * height < ends[i].y < bottom + ABOVE * height
    ]
    ending = [i for i in beside if start - FURTHEST * height < ends[i].right < start + PAST * height]
    crossing = [
        i for i in beside if ends[i].left < start - SHORT * height and ends[i].right > start + SHORTEST * height
    ]
    if not ending or not crossing:
        return {}
    # On the picture, the column begins where it does on the levelled page, plus the shift of its rows.
    gaps = {i: _gap_near(lines[i], start + lines[i].left - ends[i].left, ink) for i in crossing}
    found = {i: gap for i, gap in gaps.items() if gap is not None}
    is_sure = len(ending) >= NUM_ENDING or (len(found) >= NUM_ENDING and len(column) >= MANY * len(crossing))
    return found if is_sure and len(found) >= SHARE * len(crossing) else {}


def _gap_near(line: TextLine, start: float, ink: np.ndarray) -> tuple[float, float] | None:
    """Return the gap in a line's ink, from x to x, behind which its right part begins at about `start`."""
    first, last = max(0, int(start - FURTHEST * line.height)), min(ink.shape[1], int(start + 2 * line.height))
    x = np.arange(first, last)
    if len(x) < 2:
        return None
    y = line.at(x)[None] + np.linspace(-REACH, REACH, 1 + 2 * round(REACH * line.height))[:, None] * line.height
    rows = np.clip(np.round(y), 0, ink.shape[0] - 1).astype(int)
    has_ink = np.pad(ink[rows, x[None]].any(axis=0).astype(np.int8), 1, constant_values=1)
    steps = np.diff(has_ink)
    gaps = np.stack([np.flatnonzero(steps == -1), np.flatnonzero(steps == 1)], axis=1) + first
    widths = np.diff(gaps, axis=1)[:, 0] / line.height
    wide = gaps[(widths >= NARROWEST) & (widths <= WIDEST)]
    room = SHORT * line.height  # what is left on either side is at least as long
    inside = wide[(wide[:, 0] >= line.left + room) & (wide[:, 1] <= line.right - room)]
    near = inside[np.abs(inside[:, 1] - start) < AT_GUTTER * line.height]
    if not len(near):
        return None
    left, right = near[np.argmin(np.abs(near[:, 1] - start))].tolist()
    return float(left), float(right)


def _cut(line: TextLine, gap: tuple[float, float]) -> list[TextLine]:
    """Cut a line in two at a gap."""
    x = line.points[:, 0]
    parts = []
    for kept, end in ((x < gap[0], gap[0]), (x > gap[1], gap[1])):
        edge = np.array([[end, float(line.at(end))]])
        points = np.concatenate([line.points[kept], edge] if end == gap[0] else [edge, line.points[kept]])
        parts.append(replace(line, points=points))
    return parts


def _level(line: TextLine, slope: float) -> _Ends:
    """Return where a line lies if the page is sheared level."""
    # Columns stand upright on a level page: a page that falls to the right by a slope leans to the left by as much.
    return _Ends(line.left + slope * line.y, line.right + slope * line.y, line.y - slope * (line.left + line.right) / 2)
