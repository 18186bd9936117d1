"""Characters, lines and pages are as right as an alignment with the reference says."""

import pytest

from text_recognizer.evaluation.confidence import is_right, sureness_of


def line(text, confidence):
    return [(letter, confidence) for letter in text]


def test_a_character_is_right_where_the_texts_are_equal():
    assert is_right("cat", "cot") == [True, False, True]
    assert is_right("cat", "cats") == [True, True, True, False]
    assert is_right("", "a") == [False]


def test_pages_are_taken_apart_into_lines_and_characters():
    sure = sureness_of([("one\ntwo", [line("one", 0.9), line("twa", 0.6)], 0.8)])
    assert sure.characters == ([0.9] * 3 + [0.6] * 3, [1, 1, 1, 1, 1, 0])
    assert sure.lines[0] == pytest.approx([0.9, 0.6])
    assert sure.lines[1] == pytest.approx([1, 2 / 3])
    assert sure.pages == ([0.8], [pytest.approx(1 - 1 / 7)])


def test_a_page_that_was_not_read_is_wholly_wrong():
    assert sureness_of([("text", [], 0.0)]).pages == ([0.0], [0.0])
    assert sureness_of([("", [], 1.0)]).pages == ([1.0], [1.0])
