import numpy as np
import pytest

from text_recognizer.data import world_strips
from text_recognizer.evaluation.line_matching import ReferenceLine
from text_recognizer.page.cut_lines import STRIP_HEIGHT, STRIP_MARGIN, LineStrip
from text_recognizer.page.line_curve import LineCurve
from text_recognizer.page.text_line import QuarterTurn, TextLine
from training import draw_strips
from training.draw_strips import draw_picture, line_of, main

SIZE = (1000, 400)


def reference(left, right, y=100.0, printed=False):
    return ReferenceLine("a line", np.array([[left, y], [right, y]]), 40.0, printed)


def strip(left, right, y=100.0, quarters=0):
    """A strip along a level line, at the scale of the picture."""
    line = TextLine(np.array([[left, y], [right, y]]), 40.0)
    pixels = np.zeros((STRIP_HEIGHT, round(right - left) + 2 * STRIP_MARGIN), np.uint8)
    pixels[20:36, STRIP_MARGIN:-STRIP_MARGIN] = 255
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
        (strip(100, 700), [reference(100, 640), reference(660, 690)]),  # a line and a letter
        (strip(100, 700, quarters=2), [reference(300, 900, y=300)]),  # upside down
    ],
)
def test_other_strips_have_none(cut, lines):
    assert line_of(cut, lines) is None


def test_a_strip_that_lost_a_word_has_none():
    cut, lines = strip(100, 700), [reference(100, 700)]
    assert line_of(cut, lines) is lines[0]
    cut.pixels[:, 300:420] = 0  # as where a word was taken for print
    assert line_of(cut, lines) is None


def test_a_strip_of_an_item_that_lost_its_dash_has_none():
    item = reference(140, 700)._replace(text="- an item")
    assert line_of(strip(100, 700), [item]) is item
    assert line_of(strip(140, 700), [item]) is None


def test_strips_are_stored_with_what_was_written_on_their_pictures(monkeypatch, tmp_path):
    monkeypatch.setattr(world_strips, "DIRNAME", tmp_path)
    monkeypatch.setattr(draw_strips, "NUM_HANDS", 2)
    monkeypatch.setattr(draw_strips, "SIDE", 700)
    written = []

    def draw(*args):
        written.append(draw_picture(*args))
        return written[-1]

    monkeypatch.setattr(draw_strips, "draw_picture", draw)
    main(["--num_pictures=3", "--seed=5"])
    filename = tmp_path / "strips_5.zip"
    strips = world_strips.read_listing(filename)
    assert strips
    for strip in strips:
        assert strip.text in {line.text for line in written[int(strip.picture)].lines if not line.printed}
    assert [path.name for path in tmp_path.iterdir()] == [filename.name]
    with pytest.raises(SystemExit, match=r"strips_5\.zip exists: .*--seed=6"):
        main(["--num_pictures=3", "--seed=5"])


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
