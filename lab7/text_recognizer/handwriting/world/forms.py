"""Layouts with print: forms with labels, tables, forms of a data set with a header, printed letters with notes.

Lengths are in pixels of the sheet unless x-heights are stated.
"""

import itertools

import numpy as np

from text_recognizer.handwriting.world.bank import take, take_words
from text_recognizer.handwriting.world.drawings import box_around
from text_recognizer.handwriting.world.layouts import HANDWRITTEN, PRINT_PEN, Layout, Page


def header(page: Page, row: float, size: float) -> float:
    """Print a heading, often with a line beneath; return the next row."""
    left = page.margin(0.03, 0.4)
    end = page.print(int(page.rng.integers(1, 5)), left, row, size, right=0.97 * page.width)
    if page.rng.random() < 0.4:
        under = row + 0.8 * size
        across = (0.03 * page.width, 0.97 * page.width) if page.rng.random() < 0.5 else (left, end)
        page.sheet.rule((across[0], under), (across[1], under), max(1, 0.15 * size))
    return row + 2.5 * size


def form(page: Page) -> None:
    """Fill a form: printed labels, each with a handwritten entry on a rule, in a box or on blank paper."""
    small = page.x_height * page.rng.uniform(0.45, 0.9)
    row = header(page, page.margin(0.03, 0.1) + 2 * small, small * page.rng.uniform(1, 2))
    left = page.margin(0.03, 0.1)
    style = page.rng.integers(3)
    ranks = 1 if page.rng.random() < 0.6 else 2
    wide = (page.width - 2 * left) / ranks
    row += page.pitch
    while row < 0.95 * page.height and page.rng.random() < 0.97:
        for rank in range(ranks):
            start = left + rank * wide
            end = page.print(int(page.rng.integers(1, 4)), start, row, small) + page.x_height * page.rng.uniform(0.6, 3)
            last = start + wide - page.x_height
            if style == 1:
                page.sheet.rule((end, row + 0.3 * small), (last, row + 0.3 * small), 1)
            elif style == 2:
                box_around(page.sheet, (end - 0.3 * small, row - 0.6 * page.pitch, last, row + 0.35 * page.pitch), 1)
            if last - end > 4 * page.x_height and page.rng.random() < 0.85:
                room = (last - end) * page.rng.uniform(0.3, 0.95)
                answer = take(page.hand, room / page.x_height, page.rng)
                if answer.places[-1, 1] * page.x_height / answer.x_height < 1.3 * (last - end):
                    page.handwrite(answer, end + 0.5 * page.x_height, row)
        row += page.pitch * page.rng.uniform(1, 1.25)


def table(page: Page) -> None:
    """Fill a ruled table: a printed or handwritten head, handwritten cells, some of them empty."""
    num = int(page.rng.integers(2, 6))
    left, right = page.margin(0.02, 0.08), page.width - page.margin(0.02, 0.08)
    edges = np.cumsum([0.0, *page.rng.dirichlet(np.full(num, 8.0))]) * (right - left) + left
    high = page.pitch * page.rng.uniform(1.0, 1.6)
    top = page.margin(0.02, 0.25)
    rows = int(np.clip((0.97 * page.height - top) / high, 1, page.rng.integers(2, 20)))
    has_print = page.rng.random() < 0.6
    thick = max(1, page.rng.uniform(0.03, 0.2) * page.x_height)
    for i in range(rows + 1):
        page.sheet.rule((left, top + i * high), (right, top + i * high), thick)
    for x in edges if page.rng.random() < 0.85 else edges[[0, -1]]:
        page.sheet.rule((x, top), (x, top + rows * high), thick)
    for i in range(rows):
        for start, end in itertools.pairwise(edges):
            cell(page, (start, top + i * high, end, top + (i + 1) * high), has_print and i == 0)


def cell(page: Page, box: tuple[float, float, float, float], printed: bool) -> None:
    """Fill a cell of a table, or leave it empty."""
    left, top, right, bottom = box
    row = bottom - 0.3 * (bottom - top)
    size = page.x_height * (0.7 if printed else 1)
    room = (right - left) / size - 1.5
    line = take(page.font if printed else page.hand, room * page.rng.uniform(0.2, 0.9), page.rng)
    if page.rng.random() < 0.12 or line.places[-1, 1] - line.places[0, 0] > room * line.x_height:
        return
    start = left + page.rng.uniform(0.4, 1.2) * size
    if printed:
        page.sheet.write(line, start, row, size, pen=PRINT_PEN)
    else:
        page.handwrite(line, start, row, slope=page.rng.normal(0, 0.01))


def data_form(page: Page) -> None:
    """Fill a form of a handwriting data set: a printed text, rules, the same text by hand, a signature."""
    small = page.x_height * page.rng.uniform(0.55, 0.85)
    left, right = page.margin(0.03, 0.12), page.width - page.margin(0.03, 0.12)
    row = page.height * page.rng.uniform(0.02, 0.05) + small
    page.print(2, left + 0.25 * (right - left) * page.rng.random(), row, small)
    if page.rng.random() < 0.8:
        page.print(1, right - 8 * small, row, small)
    for _ in range(int(page.rng.integers(2, 9))):
        row += small * 2.7
        page.print(9, left, row, small, right=right)
    row += 2 * small
    page.sheet.rule((0.03 * page.width, row), (0.97 * page.width, row), max(1, 0.15 * small))
    bottom = page.height * page.rng.uniform(0.8, 0.92)
    page.paragraph((left, row + 1.2 * page.pitch, right, bottom - page.pitch), int(page.rng.integers(2, 14)))
    page.sheet.rule((0.03 * page.width, bottom), (0.97 * page.width, bottom), max(1, 0.15 * small))
    end = page.print(1, left, bottom + page.pitch, small)
    if page.rng.random() < 0.6:
        page.handwrite(take_words(page.hand, 2, page.rng), end + 2 * page.x_height, bottom + page.pitch)


def notes_on_print(page: Page) -> None:
    """Fill a printed or typed page, with a few handwritten lines above or below, or none."""
    small = page.x_height * page.rng.uniform(0.4, 0.8)
    left, right = page.margin(0.05, 0.15), page.width - page.margin(0.05, 0.15)
    by_hand = page.rng.random() < 0.75
    row = page.margin(0.04, 0.2) + 2 * small
    if by_hand and page.rng.random() < 0.5:
        row = page.paragraph((left, row + page.pitch, right, page.height), int(page.rng.integers(1, 4))) + small
    stop = page.height * (page.rng.uniform(0.4, 0.7) if by_hand else page.rng.uniform(0.5, 0.97))
    leading = small * page.rng.uniform(2.1, 3.4)
    while row < stop:
        page.print(9, left, row, small, right=left + (right - left) * (1 if page.rng.random() < 0.8 else 0.6))
        row += leading * (2 if page.rng.random() < 0.15 else 1)
    if by_hand:
        page.paragraph((left, row + page.pitch, right, 0.98 * page.height), int(page.rng.integers(1, 6)))


LAYOUTS: dict[str, Layout] = HANDWRITTEN | {
    "form": form,
    "table": table,
    "data form": data_form,
    "print": notes_on_print,
}
