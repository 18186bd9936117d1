"""Layouts of sheets: letters, lists, forms, tables, columns, boards, notes, or a single word.

A layout writes lines on a sheet in reading order. Lengths are in pixels of the sheet unless x-heights are stated.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from text_recognizer.handwriting.world.bank import LineBank, take, take_words
from text_recognizer.handwriting.world.drawings import Box, box_around, scrawl
from text_recognizer.handwriting.world.sheet import Sheet
from text_recognizer.handwriting.world.written import Written


@dataclass
class Page:
    """A sheet to fill, with what a layout needs to fill it.

    Parameters
    ----------
    sheet
        The sheet.
    bank
        The lines of handwriting and print.
    rng
        The random generator.
    x_height
        Height of an x in handwriting.
    pitch
        Distance from one baseline to the next.
    grid
        The first ruled line of the paper and the distance between two, which divides the pitch; None without rules.
    """

    sheet: Sheet
    bank: LineBank
    rng: np.random.Generator
    x_height: float
    pitch: float
    grid: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        self.hand = self.bank.hand(self.rng)
        self.font = self.bank.font(self.rng)
        self.pen = 0
        self.slope = float(self.rng.normal(0, 0.008 if self.rng.random() < 0.8 else 0.03))
        self.width = float(self.sheet.size[1])
        self.height = float(self.sheet.size[0])

    def margin(self, low: float = 0.03, high: float = 0.14) -> float:
        """Draw a margin, as a share of the sheet's width."""
        return self.width * self.rng.uniform(low, high)

    def first_row(self, top: float) -> float:
        """Return the first baseline below `top`, on a ruled line if there are any."""
        row = top + 1.2 * self.pitch * self.rng.uniform(0.8, 1.1)
        if self.grid is None:
            return row
        start, step = self.grid
        return start + step * np.ceil((row - start) / step) - 0.1 * self.x_height

    def handwrite(self, line: Written, left: float, row: float, **changes: Any) -> float:
        """Write a line with a small random displacement; return the column behind it."""
        jitter = 0.02 if self.grid else 0.08
        row += self.rng.normal(0, jitter) * self.x_height
        slope = self.slope + self.rng.normal(0, 0.004)
        return self.sheet.write(
            line, left, row, **({"x_height": self.x_height, "slope": slope, "pen": self.pen} | changes)
        )

    def print(self, num_words: int, left: float, row: float, x_height: float, right: float | None = None) -> float:
        """Print some words; return the column behind them."""
        line = take_words(self.font, num_words, self.rng)
        if right is not None and num_words > 1:
            line = take(self.font, (right - left) / x_height, self.rng)
        return self.sheet.write(line, left, row, x_height, pen=PRINT_PEN)

    def paragraph(self, box: Box, num_lines: int, indent: float = 0.0, ragged: float = 0.1) -> float:
        """Fill a box with at most `num_lines` lines; return the last row."""
        left, row, right, bottom = box
        drift = self.rng.normal(0, 0.01) * self.width
        for i in range(num_lines):
            if row + 0.5 * self.pitch > bottom:
                break
            start = left + (indent if i == 0 else 0) + drift * i / 10 + self.rng.normal(0, 0.4) * self.x_height
            room = (right - start) * (1 - self.rng.uniform(0, ragged))
            if i == num_lines - 1:
                room *= self.rng.uniform(0.15, 1)
            self.handwrite(take(self.hand, room / self.x_height, self.rng), max(start, 2.0), row)
            row += self.pitch
        return row


PRINT_PEN = 9  # the number of the ink of printed text


def letter(page: Page) -> None:
    """Write a letter: the date, the addressee, paragraphs with gaps or indents, and a name."""
    left, right = page.margin(), page.width - page.margin(0.02, 0.12)
    row = page.first_row(page.margin(0, 0.15))
    if page.rng.random() < 0.6:
        page.handwrite(take_words(page.hand, 3, page.rng), page.width * page.rng.uniform(0.45, 0.65), row)
        row += page.pitch * page.rng.integers(1, 3)
    if page.rng.random() < 0.7:
        page.handwrite(take_words(page.hand, 2, page.rng), left, row)
        row += page.pitch * page.rng.integers(1, 3)
    indent = page.x_height * page.rng.uniform(2, 6) * (page.rng.random() < 0.5)
    bottom = page.height * page.rng.uniform(0.6, 0.97)
    while row < bottom - page.pitch:
        row = page.paragraph((left, row, right, bottom), int(page.rng.integers(2, 12)), indent)
        row += page.pitch * (page.rng.random() < 0.5)
    if page.rng.random() < 0.6 and row < page.height - page.pitch:
        page.handwrite(take_words(page.hand, 2, page.rng), page.width * page.rng.uniform(0.1, 0.6), row)


def paragraph(page: Page) -> None:
    """Write one paragraph somewhere on the sheet."""
    left, right = page.margin(0.02, 0.2), page.width - page.margin(0.02, 0.2)
    top = page.first_row(page.height * page.rng.uniform(0, 0.4))
    num = int(page.rng.integers(2, 20))
    page.paragraph((left, top, right, 0.98 * page.height), num, ragged=page.rng.uniform(0, 0.3))


def full(page: Page) -> None:
    """Fill the whole sheet with lines."""
    left, right = page.margin(0.01, 0.1), page.width - page.margin(0.01, 0.08)
    page.paragraph((left, page.first_row(0), right, 0.99 * page.height), 60, ragged=0.06)


def items(page: Page) -> None:
    """Write a list: a few words on each line, with or without dashes, boxes or numbers, in one or two columns."""
    row, bottom = page.first_row(page.height * page.rng.uniform(0, 0.3)), 0.97 * page.height
    left = page.margin(0.03, 0.4)
    mark = page.rng.integers(4)
    longest = int(page.rng.integers(1, 5))
    for _ in range(int(page.rng.integers(2, 26))):
        if row > bottom:
            return
        if mark == 1:
            page.sheet.rule(
                (left - 1.6 * page.x_height, row - 0.5 * page.x_height),
                (left - 0.8 * page.x_height, row - 0.5 * page.x_height),
                0.15 * page.x_height,
            )
        elif mark == 2:
            box_around(page.sheet, (left - 1.9 * page.x_height, row - page.x_height, left - 0.8 * page.x_height, row))
        page.handwrite(take_words(page.hand, int(page.rng.integers(1, longest + 1)), page.rng), left, row)
        if mark == 1:  # the dash is part of the text
            page.sheet.lines[-1] = page.sheet.lines[-1]._replace(text=f"- {page.sheet.lines[-1].text}")
        row += page.pitch * (2 if page.rng.random() < 0.08 else 1)


def sparse(page: Page) -> None:
    """Write a few words or lines on an otherwise empty sheet."""
    row = page.height * page.rng.uniform(0.05, 0.7)
    for _ in range(int(page.rng.integers(1, 4))):
        left = page.width * page.rng.uniform(0.03, 0.5)
        room = (page.width - left) * page.rng.uniform(0.2, 0.95)
        row = page.first_row(row - page.pitch)
        if row < page.height - 0.3 * page.pitch:
            page.handwrite(take(page.hand, room / page.x_height, page.rng), left, row)
        row += page.pitch * page.rng.choice([1, 1, 1, 1.5, 3])


def columns(page: Page) -> None:
    """Write two or three columns."""
    num = 2 if page.rng.random() < 0.8 else 3
    gutter = page.x_height * page.rng.uniform(2.0, 6)
    left, right = page.margin(0.02, 0.08), page.width - page.margin(0.02, 0.08)
    wide = (right - left - (num - 1) * gutter) / num
    top = page.first_row(page.margin(0, 0.3))
    count = int(page.rng.integers(2, 30))
    ragged = page.rng.choice([0.05, 0.4])
    for i in range(num):
        start = left + i * (wide + gutter)
        page.paragraph((start, top, start + wide, 0.98 * page.height), count, ragged=ragged)
        if i and page.rng.random() < 0.15:
            x = start - gutter / 2
            page.sheet.rule((x, top - page.pitch), (x, 0.95 * page.height), max(1, 0.1 * page.x_height))


def margin_notes(page: Page) -> None:
    """Write a page with notes in its margin, in another hand or smaller."""
    split = page.width * page.rng.uniform(0.2, 0.3)
    at_left = page.rng.random() < 0.5
    main = (split + 0.02 * page.width, 0.97 * page.width) if at_left else (0.04 * page.width, page.width - split)
    side = (
        (0.02 * page.width, split - page.x_height)
        if at_left
        else (page.width - split + page.x_height, 0.98 * page.width)
    )
    page.paragraph((main[0], page.first_row(0), main[1], 0.97 * page.height), 40)
    note = replace(page, x_height=0.75 * page.x_height, pitch=0.75 * page.pitch, grid=None)
    note.pen = int(page.rng.integers(2))
    row = page.height * page.rng.uniform(0.05, 0.6)
    note.paragraph((side[0], row, side[1], 0.97 * page.height), int(page.rng.integers(1, 6)), ragged=0.3)


def board(page: Page) -> None:
    """Write a board: a few large lines in several pens, with boxes and arrows."""
    row = page.first_row(page.margin(0, 0.2))
    while row < 0.92 * page.height:
        page.pen = int(page.rng.integers(3))
        left = page.margin(0.03, 0.5)
        room = min(page.width - left, page.width * page.rng.uniform(0.15, 0.9))
        end = page.handwrite(take(page.hand, room / page.x_height, page.rng), left, row)
        high = page.pitch * 0.5
        if page.rng.random() < 0.2:
            box_around(page.sheet, (left - page.x_height, row - 1.4 * high, end + page.x_height, row + high))
        elif page.rng.random() < 0.15:
            page.sheet.rule((left, row + 0.4 * page.x_height), (end, row + 0.4 * page.x_height), 0.2 * page.x_height)
        row += page.pitch * page.rng.uniform(0.95, 2)
    if page.rng.random() < 0.3:
        scrawl(page.sheet, page.x_height, page.pen, page.rng)


Layout = Callable[[Page], None]
HANDWRITTEN: dict[str, Layout] = {
    "letter": letter,
    "paragraph": paragraph,
    "full": full,
    "list": items,
    "sparse": sparse,
    "columns": columns,
    "margin": margin_notes,
    "board": board,
}
