"""What the page shows of a reading, and what becomes of corrections."""

import numpy as np
import pytest
from PIL import Image

from tests.drawn_readings import SIZE, line_of
from text_recognizer.app.view import corrected, cut_out, framed, licence_of, line_at, models, rows_of
from text_recognizer.recognizer.artifact_files import ARTIFACTS_DIRNAME
from text_recognizer.recognizer.result import Character, Line, Reading

READING = Reading((line_of("one"), line_of("two", top=70, confidence=0.2), Line((Character("?", 0.5),))), "fast")


def test_frames_are_coloured_by_confidence_and_the_chosen_one_is_thick():
    page = Image.new("L", SIZE, 255)
    drawn = np.asarray(framed(page, READING)).astype(int)
    red, green, _ = drawn[50, 60]
    assert green > red
    red, green, _ = drawn[100, 60]
    assert red > green
    assert (np.asarray(framed(page, READING, 1)) < 255).sum() > (drawn < 255).sum()


def test_a_large_picture_is_shown_smaller():
    assert max(framed(Image.new("L", (4000, 3000)), READING).size) == 1400


def test_a_line_is_found_where_somebody_clicks():
    assert [line_at(READING, 50, y) for y in (55, 95, 200)] == [0, 1, None]
    assert line_at(READING, 50, 78) == 1  # where both lie: it is nearer to the middle of the second


def test_a_line_that_climbs_is_cut_out_level():
    line = line_of("a long line", slope=0.2)
    page = Image.new("L", (400, 300), 255)
    for x in range(40, 150):
        page.putpixel((x, round(65 + 0.2 * (x - 40))), 0)
    cut = np.asarray(cut_out(page, line).convert("L"))
    rows = cut.argmin(axis=0)[50:-50]
    assert cut.shape[1] == 1600 or cut.shape[0] == 240
    assert np.ptp(rows) < 20
    assert cut_out(page, READING.lines[2]) is None


def test_rows_tell_how_sure_and_what():
    assert rows_of(READING) == [["90%", "one"], ["20%", "two"], ["50%", "?"]]


def test_what_was_typed_is_certain_and_lies_where_it_was_read():
    reading = corrected(READING, ["one ", "tvwo", ""])
    assert reading.text == "one\ntvwo"
    assert reading.lines[0] is READING.lines[0]
    t, v, _, _ = reading.lines[1].characters
    assert (t.confidence, t.place) == (1.0, READING.lines[1].characters[0].place)
    assert (v.confidence, v.place) == (1.0, None)
    assert reading.lines[1].outline == READING.lines[1].outline


def test_models_that_read_pages_are_named_with_their_licence(tmp_path):
    assert "paragraph_text_recognizer" in models()
    assert "line_text_recognizer" not in models()
    assert "research and teaching only" in licence_of(ARTIFACTS_DIRNAME / "paragraph_text_recognizer")
    assert licence_of(tmp_path) == "this model has no card: ask who trained it"


@pytest.mark.parametrize("name", models())
def test_each_model_says_its_licence(name):
    assert "card" not in licence_of(ARTIFACTS_DIRNAME / name)
