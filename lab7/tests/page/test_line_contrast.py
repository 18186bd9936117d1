import numpy as np
import pytest

from tests.page.drawn_maps import curve, draw_maps
from text_recognizer.page.line_contrast import contrasts_of
from text_recognizer.page.text_line import TextLine

HEIGHT = 20
PAPER = 230


@pytest.mark.parametrize("is_dark", [True, False])
def test_each_line_has_the_contrast_of_its_strokes(is_dark):
    lines = [TextLine(curve(20, 300, y), HEIGHT) for y in (40, 90, 140)]
    grey = np.full((200, 320), PAPER, np.uint8)
    strengths = (160, 80, 20)
    for line, strength in zip(lines, strengths, strict=True):
        for x in range(24, 296, 8):
            y = int(line.at(x))
            grey[y - 8 : y + 8, x : x + 2] = PAPER - strength
    seen = grey if is_dark else 255 - grey
    maps = draw_maps([(line.points, HEIGHT) for line in lines], grey.shape)
    assert contrasts_of(seen, maps, lines) == pytest.approx(strengths, abs=3)


def test_no_lines_have_no_contrasts():
    maps = draw_maps([], (64, 64))
    assert contrasts_of(np.zeros((64, 64), np.uint8), maps, []).shape == (0,)
