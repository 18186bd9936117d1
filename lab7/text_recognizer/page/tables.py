"""Finds tables by their rules, and orders the lines in their cells row by row.

Letters in this file: h w map.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from text_recognizer.page.text_line import TextLine

RULE = 0.4  # probability: pixels with more belong to a rule
LONG_ROW, LONG_COLUMN = 2.5, 2.0  # heights of a line: the shortest rules of a table
ALONG = 0.25  # share of a table's width, or height, that a rule covers
NARROWEST, LOWEST = 1.5, 0.8  # heights: the sides of cells; those of squared paper are shorter
MIN_RULES = 3  # in each direction: two rows and two columns at least


class Table(NamedTuple):
    """A table on an upright picture.

    Parameters
    ----------
    rows
        The y of its horizontal rules, from top to bottom.
    columns
        The x of its vertical rules, from left to right.
    """

    rows: np.ndarray
    columns: np.ndarray

    def cell_of(self, line: TextLine) -> tuple[int, int] | None:
        """Return the row and the column in which a line begins; None if it lies outside the table."""
        x = line.left + min(line.height, (line.right - line.left) / 2)
        y = float(line.at(x))
        if not (self.rows[0] < y < self.rows[-1] and self.columns[0] < x < self.columns[-1]):
            return None
        return int(np.searchsorted(self.rows, y)) - 1, int(np.searchsorted(self.columns, x)) - 1


def find_tables(rules: np.ndarray, height: float) -> list[Table]:
    """Find tables on the line finder's map of rules: (h, w) probabilities; `height` is that of a line of text."""
    likely = cv2.dilate((rules > RULE).astype(np.uint8), np.ones((3, 3), np.uint8))  # rules may be slightly skewed
    across = cv2.morphologyEx(likely, cv2.MORPH_OPEN, np.ones((1, round(LONG_ROW * height)), np.uint8))
    down = cv2.morphologyEx(likely, cv2.MORPH_OPEN, np.ones((round(LONG_COLUMN * height), 1), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.bitwise_or(across, down))
    tables = []
    for i, (left, top, width, tall, _) in enumerate(stats.tolist()[1:], start=1):
        part = np.s_[top : top + tall, left : left + width]
        own = labels[part] == i
        rows = top + _middles((own & (across[part] > 0)).mean(axis=1))
        columns = left + _middles((own & (down[part] > 0)).mean(axis=0))
        if min(len(rows), len(columns)) >= MIN_RULES and (
            np.median(np.diff(rows)) >= LOWEST * height and np.median(np.diff(columns)) >= NARROWEST * height
        ):
            tables.append(Table(rows, columns))
    return tables


def _middles(shares: np.ndarray) -> np.ndarray:
    """Return the middles of the runs in which a profile is high."""
    is_rule = np.pad((shares > ALONG).astype(np.int8), 1)
    starts, ends = (np.flatnonzero(np.diff(is_rule) == step) for step in (1, -1))
    return (starts + ends - 1) / 2


def lines_by_row(table: Table, lines: Sequence[TextLine]) -> list[list[TextLine]]:
    """Return the lines of a table as rows in reading order.

    The cells of a row of the table are one row of text. If a cell has several lines, the cells are read one after the
    other.
    """
    cells: dict[int, dict[int, list[TextLine]]] = {}
    for line in sorted(lines, key=lambda line: line.y):
        row, column = table.cell_of(line) or (-1, -1)
        cells.setdefault(row, {}).setdefault(column, []).append(line)
    rows: list[list[TextLine]] = []
    for _, of_row in sorted(cells.items()):
        in_cells = [of_row[column] for column in sorted(of_row)]
        if all(len(cell) == 1 for cell in in_cells):
            rows.append([cell[0] for cell in in_cells])
        else:
            rows += [[line] for cell in in_cells for line in cell]
    return rows
