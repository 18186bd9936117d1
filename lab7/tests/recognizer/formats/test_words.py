"""Words lie where their characters were seen."""

import numpy as np
import pytest

from tests.drawn_readings import line_of
from text_recognizer.recognizer.formats.words import words_of
from text_recognizer.recognizer.result import Character, Line


def test_words_meet_half_way_between_the_characters_beside_their_edges():
    line = line_of("ab c")
    ab, c = words_of(line, line.outline)
    assert (ab.text, c.text) == ("ab", "c")
    assert ab.box == pytest.approx((40, 50, 60, 80), abs=1)
    assert c.box == pytest.approx((70, 50, 80, 80), abs=1)


def test_words_of_a_line_that_falls_fall_with_it():
    line = line_of("ab c", slope=0.5)
    _, c = words_of(line, line.outline)
    assert np.array(c.frame) == pytest.approx(np.array([(70, 65), (80, 70), (80, 100), (70, 95)]), abs=1)


def test_words_of_a_line_that_runs_upside_down_begin_at_its_right():
    line = line_of("ab c")
    turned = tuple((400 - x, 300 - y) for x, y in line.outline)
    places = [(400 - one.place[0], 300 - one.place[1]) for one in line.characters]
    characters = tuple(Character(one.text, 0.9, place) for one, place in zip(line.characters, places, strict=True))
    ab, c = words_of(Line(characters), turned)
    assert ab.box[0] > c.box[2] - 1


def test_words_of_a_bent_line_lie_along_the_bend():
    frame = ((0, 0), (100, 0), (200, 100), (200, 130), (100, 30), (0, 30))
    line = Line(tuple(Character(one, 1.0) for one in "ab cd"))
    _, cd = words_of(line, frame)
    assert cd.frame[1] == pytest.approx((200, 100))
    assert cd.frame[0][1] > 20


def test_without_places_all_characters_are_equally_wide():
    line = Line(tuple(Character(one, 1.0) for one in "ab c"))
    ab, c = words_of(line, ((0, 0), (40, 0), (40, 10), (0, 10)))
    assert (ab.box, c.box) == ((0, 0, 20, 10), (30, 0, 40, 10))


def test_places_that_go_back_do_not_turn_words_around():
    characters = tuple(Character(one, 1.0, (x, 5)) for one, x in zip("ab cd", (5, 25, 30, 22, 45), strict=True))
    words = words_of(Line(characters), ((0, 0), (50, 0), (50, 10), (0, 10)))
    assert all(word.box[0] <= word.box[2] for word in words)
    assert words[0].box[2] <= words[1].box[0]


def test_a_line_of_spaces_has_no_words():
    assert words_of(line_of("  "), line_of("  ").outline) == []
