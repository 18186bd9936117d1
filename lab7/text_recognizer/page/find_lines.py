"""Turns a line finder's maps into the text lines of a picture, in reading order.

Letters in this file: h w map.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from text_recognizer.page.core_pieces import find_pieces
from text_recognizer.page.finder_maps import FinderMaps
from text_recognizer.page.gutters import split_at_gutters
from text_recognizer.page.join_pieces import join_pieces
from text_recognizer.page.reading_order import common_slope, in_reading_order
from text_recognizer.page.tables import Table, find_tables
from text_recognizer.page.text_line import TextLine

SHORTEST = 0.25  # heights: shorter lines are specks
SHORT = 4.0  # heights: the slope of shorter lines is uncertain
MIN_CERTAINTY = 0.5
SURE_SHARE = 0.7  # of the surest line's certainty: lines with less are no text
ON_SHEET = 0.75  # mean probability of paper along a line on the sheet, at least
BESIDE_SHEET = 0.25  # mean probability of paper along a line beside it, at most


class FoundLines(NamedTuple):
    """The lines of an upright picture.

    Parameters
    ----------
    rows
        In reading order, in pixels of the maps. A row holds lines beside each other that are read as one, from left to
        right.
    maps
        The maps.
    tables
        The tables with rules.
    """

    rows: list[list[TextLine]]
    maps: FinderMaps
    tables: Sequence[Table] = ()

    @property
    def lines(self) -> list[TextLine]:
        """All lines in reading order."""
        return [line for row in self.rows for line in row]


def find_lines(maps: FinderMaps, ink: np.ndarray | None = None) -> FoundLines:
    """Find the text lines of an upright picture.

    Parameters
    ----------
    maps
        What the line finder sees.
    ink
        (h, w), 0 or 1: where there are strokes; without it, lines that run across a narrow gutter stay whole.
    """
    lines = join_pieces(find_pieces(maps), maps.core)
    lines = on_paper(sure_lines(lines), maps.paper)
    if ink is not None:
        lines = split_at_gutters(lines, ink, common_slope(lines))
    tables = find_tables(maps.rules, float(np.median([line.height for line in lines]))) if lines else []
    return FoundLines(in_reading_order(levelled(lines), tables), maps, tables)


def sure_lines(lines: Sequence[TextLine]) -> list[TextLine]:
    """Leave out specks, and lines far less certain than the surest one, such as the grain of a desk."""
    least = max(MIN_CERTAINTY, SURE_SHARE * max((line.certainty for line in lines), default=0.0))
    return [line for line in lines if line.length >= SHORTEST * line.height and line.certainty >= least]


def on_paper(lines: Sequence[TextLine], paper: np.ndarray) -> list[TextLine]:
    """Leave out lines beside the sheet, if others lie on it: (h, w) probabilities of paper."""
    shares = [_mean_along(line, paper) for line in lines]
    if not shares or max(shares) < ON_SHEET:
        return list(lines)
    return [line for line, share in zip(lines, shares, strict=True) if share >= BESIDE_SHEET]


def _mean_along(line: TextLine, likely: np.ndarray) -> float:
    """Return the mean of a map (h, w) along a line."""
    x = np.linspace(line.left, line.right, max(2, round(line.length)))
    column = np.clip(np.round(x), 0, likely.shape[1] - 1).astype(int)
    row = np.clip(np.round(line.at(x)), 0, likely.shape[0] - 1).astype(int)
    return float(likely[row, column].mean())


def levelled(lines: Sequence[TextLine]) -> list[TextLine]:
    """Give short lines the slope of the longer ones, because a few letters do not determine a slope."""
    slope = common_slope([line for line in lines if line.length >= SHORT * line.height])
    return [line if line.length >= SHORT * line.height else _at_slope(line, slope) for line in lines]


def _at_slope(line: TextLine, slope: float) -> TextLine:
    """Rotate a line about its centre towards a slope; the longer the line, the less."""
    trust = line.length / (SHORT * line.height)
    slope += trust * (line.slope - slope)
    x = line.points[[0, -1], 0]
    return replace(line, points=np.stack([x, line.y + slope * (x - x.mean())], axis=1))
