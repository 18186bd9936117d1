"""From a line finder's maps to the text lines of a picture, in reading order.

Letters in this file: h w map.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from text_recognizer.page.core_pieces import find_pieces
from text_recognizer.page.finder_maps import FinderMaps
from text_recognizer.page.join_pieces import join_pieces
from text_recognizer.page.reading_order import common_slope, in_reading_order
from text_recognizer.page.text_line import TextLine

PREFER_UPRIGHT = 2.0  # most pictures stand upright: another way up must be so many times as likely
SHORTEST = 0.25  # heights: shorter lines are specks
SHORT = 4.0  # heights: shorter lines hardly tell how they climb
MIN_CERTAINTY = 0.5
SURE_SHARE = 0.7  # of the surest line's certainty: another is text that has as much
ON_SHEET, BESIDE_SHEET = 0.75, 0.25  # how likely there is paper where a line is written on it, and where it is not


class FoundLines(NamedTuple):
    """The lines of a picture that was turned by quarter turns counter-clockwise to stand upright.

    Parameters
    ----------
    rows
        In reading order; each holds the lines that stand beside each other and are read as one, from left to right. In
        pixels of the turned map.
    quarters
        How often the picture was turned.
    maps
        The maps, turned.
    """

    rows: list[list[TextLine]]
    quarters: int
    maps: FinderMaps

    @property
    def lines(self) -> list[TextLine]:
        """All lines in reading order."""
        return [line for row in self.rows for line in row]


def find_lines(maps: FinderMaps, quarters: int | None = None) -> FoundLines:
    """Find the text lines of a picture; `quarters` says how it is put upright if that is known."""
    quarters = quarter_turns(maps.up) if quarters is None else quarters
    upright = maps.turned(quarters)
    lines = join_pieces(find_pieces(upright), upright.core)
    lines = on_paper(sure_lines(lines), upright.paper)
    return FoundLines(in_reading_order(levelled(lines)), quarters, upright)


def sure_lines(lines: Sequence[TextLine]) -> list[TextLine]:
    """Leave out specks, and lines of which the finder is far less sure than of the surest: the grain of a desk."""
    least = max(MIN_CERTAINTY, SURE_SHARE * max((line.certainty for line in lines), default=0.0))
    return [line for line in lines if line.length >= SHORTEST * line.height and line.certainty >= least]


def on_paper(lines: Sequence[TextLine], paper: np.ndarray) -> list[TextLine]:
    """Leave out lines that lie beside the sheet, if others lie on it: (h, w) probabilities of paper."""
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
    """Let short lines climb as the longer ones do: a few letters do not tell."""
    slope = common_slope([line for line in lines if line.length >= SHORT * line.height])
    return [line if line.length >= SHORT * line.height else _at_slope(line, slope) for line in lines]


def _at_slope(line: TextLine, slope: float) -> TextLine:
    """Turn a line around its middle, by less the longer it is."""
    trust = line.length / (SHORT * line.height)
    slope += trust * (line.slope - slope)
    x = line.points[[0, -1], 0]
    return replace(line, points=np.stack([x, line.y + slope * (x - x.mean())], axis=1))


def quarter_turns(up: np.ndarray) -> int:
    """Return by how many quarter turns counter-clockwise a picture is put upright: (4,) probabilities."""
    return int(np.argmax(up * np.array([PREFER_UPRIGHT, 1, 1, 1])))
