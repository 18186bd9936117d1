import numpy as np
import pytest

from text_recognizer.data import world_strips
from text_recognizer.evaluation.line_matching import ReferenceLine
from text_recognizer.page.cut_lines import STRIP_HEIGHT, STRIP_MARGIN, LineStrip
from text_recognizer.page.line_curve import LineCurve
from text_recognizer.page.text_line import QuarterTurn, TextLine
from training import draw_strips
from training.draw_strips import line_of, main

SIZE = (1000, 400)


def reference(left, right, y=100.0, printed=False):
    return ReferenceLine("a line", np.array([[left, y], [right, y]]), 40.0, printed)


def strip(left, right, y=100.0, quarters=0):
    """A strip along a level line, at the scale of the picture."""
    line = TextLine(np.array([[left, y], [right, y]]), 40.0)
    pixels = np.zeros((STRIP_HEIGHT, round(right - left) + 2 * STRIP_MARGIN), np.uint8)
    return LineStrip(pixels, LineCurve(line), -STRIP_MARGIN, STRIP_HEIGHT / 2, 1.0, QuarterTurn(quarters, SIZE))


def test_a_strip_of_one_whole_line_has_its_text():
    lines = [reference(100, 700), reference(100, 700, y=180)]
    assert line_of(strip(95, 710), lines) is lines[0]
    assert line_of(strip(95, 900), lines) is lines[0]  # and something else behind it
    assert line_of(strip(95, 710, y=182), lines) is lines[1]


@pytest.mark.parametrize(
    ("cut", "lines"),
    [
        (strip(100, 400), [reference(100, 700)]),  # half of it
        (strip(100, 700), [reference(100, 380), reference(420, 700)]),  # two lines
        (strip(100, 700), [reference(100, 700, printed=True)]),
        (strip(100, 700), [reference(100, 700, y=300)]),  # another line
        (strip(100, 700), []),
        (strip(100, 700, quarters=2), [reference(300, 900, y=300)]),  # upside down
    ],
)
def test_other_strips_have_none(cut, lines):
    assert line_of(cut, lines) is None


def test_strips_are_stored_with_texts_that_were_written(monkeypatch, tmp_path):
    monkeypatch.setattr(world_strips, "DIRNAME", tmp_path)
    monkeypatch.setattr(draw_strips, "NUM_HANDS", 2)
    monkeypatch.setattr(draw_strips, "SIDE", 700)
    main(["--num_pictures=3", "--seed=5"])
    strips = world_strips.read_listing(tmp_path / "strips_5.zip")
    assert len(strips) >= 1
    assert all(strip.text for strip in strips)
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--real=moon", "'moon' is not one of iam, copiste"),
        ("--num_pictures=0", "expected 1"),
        ("--seed=-1", "expected 0"),
    ],
)
def test_impossible_settings_are_refused(flag, message):
    with pytest.raises(SystemExit, match=message):
        main([flag])
