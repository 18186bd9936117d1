"""Rows of print and handwriting are labelled as they are drawn."""

import numpy as np

from text_recognizer.handwriting.world.mixed_rows import CELL, EMPTY, PRINT, WRITTEN, Part, draw_mixed_row, labels_of
from text_recognizer.handwriting.world.printed import find_printed

SIZE = (56, 1024)


def block(width, rng):
    """Write a black block of a height of two x-heights."""
    return Part(np.full((34, max(2, round(17 * width))), 255, np.uint8), 34.0, 17.0, False)


def rows(num):
    for seed in range(num):
        rng = np.random.default_rng(seed)
        yield draw_mixed_row(block, find_printed("train"), lambda: "Name and 23 words", SIZE, rng)


def test_a_cell_is_what_most_of_its_ink_is():
    written, printed = np.zeros((2, 56, 4 * CELL), np.uint8)
    written[20:30, 0:CELL] = printed[20:30, CELL : 2 * CELL] = 255
    written[20:22, 2 * CELL : 3 * CELL] = 255
    printed[20:30, 2 * CELL : 3 * CELL] = 255
    written[0, 3 * CELL] = 255  # a speck
    assert labels_of(written, printed).tolist() == [WRITTEN, PRINT, PRINT, EMPTY]


def test_rows_are_of_one_kind_or_mixed_and_the_same_for_the_same_seed():
    drawn = list(rows(40))
    assert all(image.shape == SIZE and image.dtype == np.uint8 for image, _ in drawn)
    kinds = {frozenset(labels.tolist()) - {EMPTY} for _, labels in drawn}
    assert {frozenset({WRITTEN}), frozenset({PRINT}), frozenset({WRITTEN, PRINT})} <= kinds
    again = list(rows(2))
    assert all(np.array_equal(one, other) for one, other in zip(drawn[0], again[0], strict=True))
