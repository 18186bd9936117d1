"""Lines of a page are found by their ink and cut out straight, wherever the characters were seen roughly."""

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.tiny_artifact import LINES, draw_page
from text_recognizer.page import layout as page_image
from text_recognizer.page.layout import find_page
from text_recognizer.page.line_strips import STRIP_HEIGHT, STRIP_MARGIN, cut_strips

PITCH, LEFT, TOP = 60, 150, 200  # of the drawn page; letters are drawn about half as high as lines are apart
BASELINES = [TOP + i * PITCH + 30 for i in range(len(LINES))]


def rows_of_places(num=4, off=0.0, step=40):
    """Return places of characters in each line, as far off as a model's cells may be."""
    return [[(x, y - 10 + off) for x in range(LEFT, LEFT + 300, step)] for y in BASELINES[:num]]


def strips_of(picture, rows, pitch=PITCH):
    return cut_strips(find_page(picture), rows, pitch)


def ink_rows(strip):
    """Return the first and last row with ink right of the margin."""
    rows = np.flatnonzero((strip.pixels[:, STRIP_MARGIN:] > 128).any(axis=1))
    return rows[0], rows[-1]


def straightness(strip):
    """Return how many rows the ink's middle climbs from the strip's left half to its right half."""
    halves = np.array_split(strip.pixels.astype(float), 2, axis=1)
    left, right = ((np.arange(STRIP_HEIGHT) * half.sum(axis=1)).sum() / half.sum() for half in halves)
    return abs(right - left)


@pytest.mark.parametrize("off", [-18, 0, 18])
def test_each_line_is_cut_out_whole_although_its_place_is_only_roughly_known(off):
    strips = strips_of(draw_page(), rows_of_places(off=off))
    assert len(strips) == len(LINES)
    for strip in strips:
        first, last = ink_rows(strip)
        assert 1 <= first <= 8  # as high as the strip, and a little paper
        assert STRIP_HEIGHT - 9 <= last <= STRIP_HEIGHT - 2
    exact = strips_of(draw_page(), rows_of_places())
    for one, other in zip(strips, exact, strict=True):
        assert one.box == pytest.approx(other.box, abs=2)


def test_a_strip_begins_and_ends_with_the_ink_even_where_no_character_was_seen():
    rows = [[(x, y) for x, y in row if 250 < x < 350] for row in rows_of_places()]
    for strip, line in zip(strips_of(draw_page(), rows), strips_of(draw_page(), rows_of_places()), strict=True):
        assert strip.box == pytest.approx(line.box, abs=4)
    columns = np.flatnonzero((strip.pixels > 128).any(axis=0))
    assert columns[0] > STRIP_MARGIN
    assert columns[-1] < strip.pixels.shape[1] - STRIP_MARGIN


@pytest.mark.parametrize("degrees", [-2, 1.5])
def test_lines_that_climb_are_straightened(degrees, monkeypatch):
    monkeypatch.setattr(page_image, "estimate_skew", lambda text: 0)  # else the page would be made level
    page = draw_page()
    turned = page.rotate(degrees, fillcolor=235, resample=Image.Resampling.BICUBIC)
    matrix = cv2.getRotationMatrix2D((page.width / 2, page.height / 2), degrees, 1)
    rows = [[tuple(matrix @ (x, y, 1)) for x, y in row] for row in rows_of_places()]
    level = [[(x, np.mean([y for _, y in row])) for x, _ in row] for row in rows]  # a row of the map is level
    for strip, straight in zip(strips_of(turned, level), strips_of(page, rows_of_places()), strict=True):
        assert strip.centre_line.slope == pytest.approx(-np.tan(np.radians(degrees)), abs=0.01)
        assert straightness(strip) == pytest.approx(straightness(straight), abs=1)


def test_a_short_line_climbs_as_the_others_do(monkeypatch):
    monkeypatch.setattr(page_image, "estimate_skew", lambda text: 0)
    lines = [*LINES[:3], "I"]
    turned = draw_page(lines).rotate(2, fillcolor=235, resample=Image.Resampling.BICUBIC)
    rows = [[(x, y + 0.035 * (500 - x)) for x, y in row] for row in rows_of_places()]
    strips = strips_of(turned, [*rows[:3], rows[3][:1]])
    assert strips[3].centre_line.slope == pytest.approx(strips[0].centre_line.slope, abs=0.01)


def test_a_line_that_was_found_twice_is_cut_out_once():
    rows = rows_of_places()
    strips = strips_of(draw_page(), [rows[0], [(x, y + 12) for x, y in rows[0][:3]], *rows[1:]])
    assert [strip.box for strip in strips] == [strip.box for strip in strips_of(draw_page(), rows)]


def test_lines_come_from_top_to_bottom_in_whatever_order_they_were_found():
    strips = strips_of(draw_page(), rows_of_places()[::-1])
    tops = [strip.box[1] for strip in strips]
    assert tops == sorted(tops)


@pytest.mark.parametrize("size", [(2000, 2600), (700, 910)])
def test_places_on_a_strip_are_places_on_the_picture_whatever_its_size(size):
    page = draw_page()
    zoom = size[0] / page.width
    rows = [[(zoom * x, zoom * y) for x, y in row] for row in rows_of_places()]
    for strip, reference in zip(
        strips_of(page.resize(size), rows, zoom * PITCH), strips_of(page, rows_of_places()), strict=True
    ):
        assert strip.box == pytest.approx(tuple(zoom * value for value in reference.box), abs=4 * zoom)
    x, y = strip.on_picture(STRIP_MARGIN, STRIP_HEIGHT / 2)
    left, top, _, bottom = strip.box
    assert x == pytest.approx(left, abs=1)
    assert top < y < bottom


def test_a_very_large_picture_is_found_at_its_own_size():
    page = draw_page()
    rows = [[(4 * x, 4 * y) for x, y in row] for row in rows_of_places()]  # the page is made smaller before it is read
    (strip, *_) = strips_of(page.resize((4000, 5200)), rows, 4 * PITCH)
    (reference, *_) = strips_of(page, rows_of_places())
    assert strip.page.zoom > 1.5
    assert strip.box == pytest.approx(tuple(4 * value for value in reference.box), abs=16)


def test_characters_that_were_seen_where_there_is_no_ink_are_no_crash():
    (strip,) = strips_of(draw_page(), [[(700.0, 1200.0)]])
    assert strip.pixels.shape[0] == STRIP_HEIGHT
    assert strips_of(draw_page(), []) == []
    assert strips_of(draw_page(), [[]]) == []


def test_the_outline_lies_askew_as_the_line_does_and_the_box_around_it():
    picture = draw_page().rotate(2, fillcolor=235, resample=Image.Resampling.BICUBIC)
    rows = [[(x, y + 0.035 * (500 - x)) for x, y in row] for row in rows_of_places()]
    for strip in strips_of(picture, rows):
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = strip.outline
        assert (y1 - y0) / (x1 - x0) == pytest.approx(-np.tan(np.radians(2)), abs=0.012)
        assert (y2 - y3) / (x2 - x3) == pytest.approx((y1 - y0) / (x1 - x0))
        assert strip.box == pytest.approx((min(x0, x3), min(y0, y1), max(x1, x2), max(y2, y3)), abs=1)
