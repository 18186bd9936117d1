import numpy as np
import pytest

from text_recognizer.page.strip_rules import SLANTS, remnants_on_rules, without_long_rules, without_rules

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


def text_with_rule(slant, rule_height=3):
    """Draw upright strokes along a strip, and mark a rule at a slant: (H, W) float32, (H, W) bool."""
    text = np.zeros((2 * HEIGHT, 600), np.float32)
    for column in range(20, 580, 24):
        text[25:55, column : column + 4] = 0.9
    middle = HEIGHT + slant * (np.arange(600) - 300)
    rule = np.abs(np.arange(2 * HEIGHT)[:, None] - middle) < rule_height / 2
    return text, rule


@pytest.mark.parametrize("remove", [without_rules, without_long_rules])
@pytest.mark.parametrize("slant", SLANTS)
@pytest.mark.parametrize("is_upright", [False, True])
def test_rules_at_each_slant_are_removed_and_letters_stay(remove, slant, is_upright):
    height = 0.75 * HEIGHT
    text, rule = text_with_rule(slant)
    ink = np.where(rule, np.maximum(text, 0.6), text).astype(np.float32)
    left = remove(np.ascontiguousarray(ink.T), height).T if is_upright else remove(ink, height)
    rule, text = rule[:, 60:-60], text[:, 60:-60]
    assert left[:, 60:-60][rule & (text == 0)].mean() < 0.1
    assert left[:, 60:-60][~rule & (text > 0)].mean() > 0.8


def test_a_strip_without_rules_is_left_alone():
    text, _ = text_with_rule(0)
    np.testing.assert_array_equal(without_long_rules(text, 0.75 * HEIGHT), text)
