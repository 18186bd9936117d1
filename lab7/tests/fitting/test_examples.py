"""What is learnt from is cut out as the recogniser cuts what it reads."""

import numpy as np
import pytest

from tests.tiny_artifact import LINES, draw_page
from text_recognizer.corrections.read import CorrectedLine
from text_recognizer.fitting.examples import cut_examples, cut_strip
from text_recognizer.page.layout import find_page
from text_recognizer.page.line_strips import STRIP_HEIGHT, STRIP_MARGIN, cut_strips


@pytest.fixture(scope="module")
def image():
    return draw_page(size=(900, 500)).rotate(-2, fillcolor=235)


def test_a_line_of_the_recogniser_is_cut_as_it_was(image):
    page = find_page(image)
    rows = [[page.on_picture(x, 150 + 60 * i + 30) for x in range(100, 600, 50)] for i in range(4)]
    for strip in cut_strips(page, rows, 60):
        cut = cut_strip(page, np.array(strip.outline))
        assert abs(cut.shape[1] - strip.pixels.shape[1]) <= 1
        width = min(cut.shape[1], strip.pixels.shape[1]) - STRIP_MARGIN
        differences = np.abs(cut[:, STRIP_MARGIN:width].astype(int) - strip.pixels[:, STRIP_MARGIN:width])
        assert differences.mean() < 4  # strips are whole pixels wide, outlines are not


def test_a_bent_frame_is_straightened(image):
    page = find_page(image)
    frame = np.array([(100, 200), (300, 190), (500, 200), (500, 260), (300, 250), (100, 260)], dtype=float)
    assert cut_strip(page, frame).shape[0] == STRIP_HEIGHT


def test_lines_are_cut_out_of_their_pictures(image, tmp_path):
    image.save(tmp_path / "page.png")
    draw_page(lines=[]).save(tmp_path / "empty.png")
    frame = ((0.1, 0.4), (0.8, 0.4), (0.8, 0.52), (0.1, 0.52))
    lines = [CorrectedLine(tmp_path / name, frame, LINES[0]) for name in ("page.png", "empty.png")]
    (example,) = cut_examples(lines)
    assert (example.text, example.pixels.shape[0], example.pixels.max() > 100) == (LINES[0], STRIP_HEIGHT, True)
