"""Print is left out word by word, and only where the page has handwriting and surely print."""

import numpy as np
import pytest

from tests.page.drawn_maps import curve
from text_recognizer.page.cut_lines import STRIP_MARGIN, LineStrip
from text_recognizer.page.line_curve import LineCurve
from text_recognizer.page.printed_parts import (
    CELL,
    Word,
    amounts_of,
    find_printed_words,
    is_form,
    without_columns,
    words_of,
)
from text_recognizer.page.text_line import QuarterTurn, TextLine

LONG = 20  # cells
PRINT, LIKELY, PERHAPS, HAND = 0.99, 0.7, 0.5, 0.05


def cells(*runs):
    """Return probabilities (S, 3) of runs of cells: (number, probability of print), or (number, None) for gaps."""
    rows = [[1.0, 0.0, 0.0] if printed is None else [0.0, 1 - printed, printed] for _, printed in runs]
    return np.repeat(np.array(rows), [num for num, _ in runs], axis=0)


def row_of(*printed, length=LONG):
    return [Word(30 * i, 30 * i + length, value) for i, value in enumerate(printed)]


def strip_of(width):
    line = TextLine(curve(100, 100 + width - 2 * STRIP_MARGIN, 50), 40)
    pixels = np.full((56, width), 200, np.uint8)
    return LineStrip(pixels, LineCurve(line), float(-STRIP_MARGIN), 28.0, 1.0, QuarterTurn(0, (1000, 100)))


def test_words_are_runs_of_ink_and_each_is_as_printed_as_its_cells_are_on_average():
    words = words_of(cells((3, None), (4, 1.0), (1, None), (4, 0.5), (5, None), (2, 0.0)))
    assert [(word.first, word.last) for word in words] == [(3, 12), (17, 19)]
    assert [round(word.printed, 2) for word in words] == [0.75, 0]
    assert words_of(cells((9, None))) == []


def test_a_label_and_an_entry_that_touch_are_two_words():
    words = words_of(cells((2, None), (9, 0.95), (12, 0.02), (3, 0.9)))
    assert [(word.first, word.last) for word in words] == [(2, 11), (11, 23), (23, 26)]
    assert [round(word.printed, 2) for word in words] == [0.95, 0.02, 0.9]
    assert len(words_of(cells((9, 0.6), (9, 0.1)))) == 1  # a hand that looks printed here and there
    assert len(words_of(cells((2, 0.99), (9, 0.0)))) == 1  # a mark


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ((PRINT, HAND), (True, False)),
        ((PRINT, 0.3, PRINT), (True, True, True)),
        ((PRINT, HAND, PRINT), (True, False, True)),
        ((0.42, HAND), (False, False)),
        ((LIKELY, PERHAPS, PERHAPS), (True, True, True)),
        ((HAND, PERHAPS), (False, False)),
        ((HAND, LIKELY, HAND), (False, False, False)),
        ((HAND, PRINT, HAND, LIKELY), (False, True, False, True)),
        ((), ()),
    ],
)
def test_labels_are_print_and_entries_are_not(printed, expected):
    assert find_printed_words(row_of(*printed)) == list(expected)


def test_on_a_form_a_doubtful_word_at_the_beginning_of_a_line_is_its_label():
    assert find_printed_words(row_of(0.42, HAND), on_form=True) == [True, False]
    assert find_printed_words(row_of(HAND, 0.42), on_form=True) == [False, False]
    assert find_printed_words([], on_form=True) == []
    assert find_printed_words(row_of(0.42), on_form=True) == [False]  # an entry that looks printed
    filled, doubtful = row_of(PRINT, HAND), row_of(0.42, HAND)
    assert is_form([filled] * 4 + [doubtful] * 3 + [row_of(PRINT)] * 9)
    assert not is_form([filled] * 4 + [row_of(HAND)] * 6)  # a letter with some print
    assert not is_form([filled] * 3)


def test_a_mark_is_what_the_words_beside_it_are():
    words = [Word(0, 20, PRINT), Word(24, 25, HAND), Word(30, 50, PRINT), Word(54, 55, PRINT), Word(60, 80, HAND)]
    assert find_printed_words(words) == [True, True, True, False, False]


@pytest.mark.parametrize(
    ("strips", "written", "printed"),
    [
        ([row_of(PRINT, HAND)], True, True),
        ([row_of(PRINT, PRINT)] * 3, False, True),
        ([row_of(HAND, LIKELY)] * 3, True, False),
        ([row_of(*[PRINT] * 30), row_of(HAND, length=10)], False, True),  # a word of print that was misread
        ([row_of(*[HAND] * 30), row_of(PRINT, length=20)], True, False),  # a word in capitals
        ([row_of(*[PERHAPS] * 6, HAND, PRINT, PRINT)], True, False),  # a neat hand
        ([row_of(PRINT, HAND, length=2)] * 20, False, False),  # marks
        ([[]], False, False),
    ],
)
def test_a_page_has_handwriting_or_print_only_if_there_is_enough(strips, written, printed):
    amounts = amounts_of(strips)
    assert (amounts.has_handwriting, amounts.has_print) == (written, printed)


def test_a_strip_keeps_its_handwriting_in_its_place():
    words = [Word(4, 24, PRINT), Word(28, 48, HAND), Word(52, 72, PRINT), Word(76, 96, HAND)]
    strip = strip_of(CELL * 100)
    rest = without_columns(strip, words, [True, False, True, False])
    assert rest is not None
    first = round(rest.left - strip.left)
    assert first == CELL * 26 - STRIP_MARGIN  # from the middle between the first two words
    seen = rest.pixels.max(axis=0)
    has_ink = {column + first for column in np.flatnonzero(seen).tolist()}
    assert has_ink == {*range(CELL * 26, CELL * 50), *range(CELL * 74, CELL * 100)}
    assert rest.on_picture(0, 28) == pytest.approx(strip.on_picture(first, 28))


def test_a_strip_of_one_kind_stays_or_goes():
    strip = strip_of(CELL * 60)
    words = row_of(HAND, HAND)
    assert without_columns(strip, words, [False, False]) is strip
    assert without_columns(strip, words, [True, True]) is None
