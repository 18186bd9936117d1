import numpy as np
import pytest

from text_recognizer.page.strip_rules import remnants_on_rules

HEIGHT, WIDTH = 40, 200
LEFT, RIGHT = 60, 160  # the line of text
BEYOND = (np.arange(WIDTH) < LEFT) | (np.arange(WIDTH) >= RIGHT)


def strip(*pieces):
    """Draw upright pieces of ink, each (column, top, bottom), four pixels wide, on a strip."""
    ink = np.zeros((2 * HEIGHT, WIDTH), np.float32)
    for column, top, bottom in pieces:
        ink[top:bottom, column : column + 4] = 0.9
    return ink


def rules_at(*columns):
    """Return the finder's rules: two pixels wide at these columns, from top to bottom."""
    rules = np.zeros((2 * HEIGHT, WIDTH), bool)
    for column in columns:
        rules[:, column + 1 : column + 3] = True
    return rules


@pytest.mark.parametrize(
    ("piece", "rule", "is_remnant"),
    [
        ((30, 20, 50), 30, True),  # part of a border before the line
        ((180, 20, 50), 180, True),
        ((30, 20, 50), 100, False),  # a 1 before the line, where there is no rule
        ((100, 20, 50), 100, False),  # a 1 that happens to stand on a rule of squared paper
        ((100, 4, 76), 100, True),  # a border between two cells
        ((100, 4, 76), 30, False),  # a stroke through the line, where there is no rule
    ],
)
def test_ink_on_a_rule_is_a_remnant_beside_the_line_or_if_it_is_higher_than_letters(piece, rule, is_remnant):
    ink = strip(piece, (80, 25, 55))
    remnants = remnants_on_rules(ink, rules_at(rule), BEYOND, HEIGHT)
    column, top, bottom = piece
    assert remnants[top:bottom, column : column + 4].all() == is_remnant
    assert remnants.sum() == (is_remnant and 4 * (bottom - top))


def test_pieces_of_a_border_between_two_cells_belong_together():
    ink = strip((100, 4, 40), (100, 46, 76))
    remnants = remnants_on_rules(ink, rules_at(100), BEYOND, HEIGHT)
    assert remnants[ink > 0].all()
    ink = strip((100, 4, 30), (100, 56, 76))  # too far apart: perhaps two letters of two lines
    assert not remnants_on_rules(ink, rules_at(100), BEYOND, HEIGHT)[ink > 0].any()
