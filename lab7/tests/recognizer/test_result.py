"""From a map of likelihoods to text with confidences and places."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from text_recognizer.decoding.greedy import ctc_greedy_decode
from text_recognizer.page.geometry import Canvas, Page
from text_recognizer.recognizer.result import (
    Character,
    Line,
    Reading,
    characters_of,
    lines_of,
    rows_of,
    tokens_of_cells,
    with_places_of,
)
from text_recognizer.vocabulary import SPECIAL_TOKENS, Tokenizer

MAPPING = [*SPECIAL_TOKENS, "a", "b", "c", "\n"]
EMPTY = np.zeros((64, 80), np.uint8)
PAGE = Page(EMPTY, EMPTY, (0, 0, 80, 64), np.eye(3)[:2], picture_size=(400, 300))
CANVAS = Canvas(EMPTY, origin=(100.0, 50.0), step=2.0, pitch=30, page=PAGE)


def logits_of(likelihoods):
    """Return (H', W', C) logits in which {(row, column): (token, likelihood)}, and blanks elsewhere, are likeliest."""
    probabilities = np.full((4, 20, len(MAPPING)), 0.01 / 7)
    probabilities[..., 0] = 0.99
    for cell, (token, likelihood) in likelihoods.items():
        probabilities[cell] = (1 - likelihood) / 7
        probabilities[cell][MAPPING.index(token)] = likelihood
    return np.log(probabilities)


CELLS = {(0, 2): ("a", 0.6), (0, 3): ("a", 0.9), (0, 4): ("a", 0.7), (0, 8): ("b", 0.8), (0, 19): ("\n", 0.7)}
CELLS |= {(1, 0): ("\n", 0.9), (2, 5): ("c", 0.5)}


def read(cells):
    tokens = tokens_of_cells(logits_of(cells), merge=True)
    return lines_of(characters_of(tokens, Tokenizer(MAPPING), CANVAS, (16, 4)), CANVAS)


def test_a_run_is_one_character_as_sure_as_its_surest_cell_and_stands_there():
    (first, second), (third,) = (line.characters for line in read(CELLS))  # the newline's run goes over a row's end
    assert [one.text for one in (first, second, third)] == ["a", "b", "c"]
    assert [one.confidence for one in (first, second, third)] == pytest.approx([0.9, 0.8, 0.5])
    assert first.place == (100 + 2 * (3 + 0.5) * 4, 50 + 2 * 0.5 * 16)
    assert third.place == (100 + 2 * (5 + 0.5) * 4, 50 + 2 * (2 + 0.5) * 16)


def test_a_line_has_the_mean_confidence_and_a_box_around_its_characters():
    line, _ = read(CELLS)
    assert (line.text, round(line.confidence, 5)) == ("ab", 0.85)
    assert line.box == (128 - 15, 66 - 30, 168 + 15, 66 + 30)
    assert line.outline == ((113, 36), (183, 36), (183, 96), (113, 96))


def test_on_a_page_upside_down_lines_still_run_from_their_first_character_to_their_last():
    matrix = np.array([[-1.0, 0, 400], [0, -1.0, 300]])
    canvas = replace(CANVAS, page=replace(PAGE, matrix=matrix))
    tokens = tokens_of_cells(logits_of(CELLS), merge=True)
    lines = lines_of(characters_of(tokens, Tokenizer(MAPPING), canvas, (16, 4)), canvas)
    assert [line.text for line in lines] == ["ab", "c"]
    assert lines[0].box == (400 - 183, 300 - 96, 400 - 113, 300 - 36)
    assert lines[0].outline[0] == (400 - 113, 300 - 36)


def test_a_reading_sums_up_its_lines():
    reading = Reading(read(CELLS), "fast")
    assert reading.text == "ab\nc"
    assert reading.confidence == pytest.approx((0.9 + 0.8 + 0.5) / 3)


def test_nothing_read_is_no_confidence_but_nothing_to_read_is_full_confidence():
    assert read({}) == (Line(()),)
    assert (Reading(read({}), "fast").text, Reading(read({}), "fast").confidence) == ("", 0)
    assert (Reading((), "fast").text, Reading((), "fast").confidence) == ("", 1)


def test_the_tokens_are_those_of_greedy_decoding():
    logits = torch.randn(3, 40, len(MAPPING), generator=torch.Generator().manual_seed(0)).cumsum(1)
    expected = ctc_greedy_decode(logits.flatten(0, 1).T[None], blank=0, padding=3)[0].tolist()
    tokens = [one.token for one in tokens_of_cells(logits.numpy(), merge=True) if one.token != 0]
    assert tokens == expected[: len(tokens)]
    assert 3 not in tokens or set(expected[len(tokens) :]) <= {3}
    assert len(tokens) > 10


def test_without_merging_each_cell_is_a_token():
    assert [one.token for one in tokens_of_cells(logits_of(CELLS), merge=False)[2:5]] == [4, 4, 4]


def test_likelihoods_sum_to_one_even_where_logits_are_large():
    tokens = tokens_of_cells(np.array([[[1000.0, 1000.0], [-1000.0, 0.0]]]), merge=False)
    assert [one.confidence for one in tokens] == pytest.approx([0.5, 1.0])


def test_places_are_taken_from_the_same_characters_of_another_reading():
    others = [Character("a", 0.1, (1, 1)), Character("x", 0.1, (2, 2)), Character("c", 0.1, (3, 3))]
    placed = with_places_of([Character(text, 0.9) for text in "abcc"], others)
    assert [(one.text, one.confidence, one.place) for one in placed] == [
        ("a", 0.9, (1, 1)),
        ("b", 0.9, None),
        ("c", 0.9, (3, 3)),
        ("c", 0.9, None),
    ]


def test_a_line_without_places_has_no_box():
    assert lines_of([Character("a", 0.9), Character("\n", 0.9), Character("b", 0.9)], CANVAS) == (
        Line((Character("a", 0.9),)),
        Line((Character("b", 0.9),)),
    )


def placed(text, start, y):
    """Return characters 20 pixels apart."""
    return [Character(one, 0.9, (start + 20.0 * i, y)) for i, one in enumerate(text)]


@pytest.mark.parametrize(
    ("characters", "expected"),
    [
        (placed("abc", 100, 50), ["abc"]),
        (placed("abc", 100, 50) + placed("ab", 100, 110), ["abcab"]),  # 40 pixels back: less than a pitch of 60
        (placed("abcabc", 100, 50) + placed("ab", 100, 110), ["abcabc", "ab"]),
        (placed("abcabc ", 100, 50) + placed(" ab", 100, 110), ["abcabc", "ab"]),  # nor is a space left at the break
        ([*placed("ab", 100, 50), Character("\n", 0.9), *placed("b", 300, 110)], ["ab", "b"]),
        ([Character(one, 0.9) for one in "ba"], ["ba"]),
    ],
)
def test_a_newline_that_was_missed_is_put_where_the_next_character_stands_further_left(characters, expected):
    rows = rows_of(characters, CANVAS)  # with lines 60 pixels apart
    assert ["".join(one.text for one in row) for row in rows] == expected
