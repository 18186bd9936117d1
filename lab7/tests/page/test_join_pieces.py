import numpy as np
import pytest

from text_recognizer.page.join_pieces import join_pieces
from text_recognizer.page.text_line import TextLine

HEIGHT = 20.0
NO_CORE = np.zeros((400, 800))


def piece(left, right, y):
    return TextLine(np.array([[left, y], [right, y]], dtype=float), HEIGHT)


def spans(lines):
    return sorted((line.left, line.right, round(line.y)) for line in lines)


def column(left, rights, first=0):
    return [piece(left, right, 40 * (first + row + 1)) for row, right in enumerate(rights)]


def test_a_gap_between_words_is_no_end_of_a_line():
    lines = join_pieces([*column(10, [700, 700, 700]), piece(10, 340, 160), piece(352, 700, 160)], NO_CORE)
    assert spans(lines) == [(10, 700, y) for y in (40, 80, 120, 160)]


def test_a_gap_as_narrow_between_two_columns_is():
    pieces = [*column(10, [300, 310, 290, 340]), *column(352, [700, 690, 700, 640])]
    assert spans(join_pieces(pieces, NO_CORE)) == spans(pieces)


@pytest.mark.parametrize("beside", [0, 1])
def test_one_line_beside_makes_no_column(beside):
    pieces = [piece(10, 340, 160), piece(352, 700, 160), *column(352, [700] * beside)]
    assert (10, 700, 160) in spans(join_pieces(pieces, NO_CORE))


def test_columns_far_above_count_for_nothing():
    far = [*column(10, [300] * 3), *column(352, [700] * 3)]
    lines = join_pieces([*far, piece(10, 340, 390), piece(352, 700, 390)], NO_CORE)
    assert (10, 700, 390) in spans(lines)
