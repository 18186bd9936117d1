"""Places on the canvas and on the picture."""

import numpy as np
import pytest

from text_recognizer.page.geometry import TRIM_MARGIN, Canvas, Page, trim

EMPTY = np.zeros((40, 50), np.uint8)
TWICE = np.array([[2.0, 0, 0], [0, 2, 0]])
PAGE = Page(EMPTY, EMPTY, (0, 0, 50, 40), TWICE, picture_size=(100, 80))
CANVAS = Canvas(np.zeros((40, 60), np.uint8), origin=(-5.0, 10.0), step=1.25, pitch=44, page=PAGE)


def test_a_point_of_the_canvas_is_found_on_the_picture():
    assert CANVAS.on_picture(0, 0) == (-10, 20)
    assert CANVAS.on_picture(8, 4) == (10, 30)


def test_a_point_of_the_page_is_found_on_the_picture():
    assert PAGE.on_picture(50, 40) == (100, 80)
    turned = Page(EMPTY, EMPTY, (0, 0, 50, 40), np.array([[0.0, -3, 7], [3, 0, 5]]), picture_size=(100, 80))
    assert turned.zoom == 3
    assert turned.on_picture(1, 2) == (1, 8)
    assert turned.from_picture(np.array([(1.0, 8.0), (7.0, 5.0)])) == pytest.approx(np.array([(1, 2), (0, 0)]))


def test_the_distance_of_lines_is_that_on_the_picture():
    assert CANVAS.line_distance == 44 * 1.25 * 2


@pytest.mark.parametrize(
    ("box", "expected"),
    [((1.4, 2.6, 30, 40), (1, 3, 30, 40)), ((-5, -5, 200, 200), (0, 0, 100, 80)), ((150, 9, 160, 9), (100, 9, 100, 9))],
)
def test_a_box_is_cut_off_at_the_edges_of_the_picture(box, expected):
    assert PAGE.clip(*box) == expected


@pytest.mark.parametrize(
    ("right", "bottom", "expected"), [(100, 50, (80, 116)), (1, 1, (32, 20)), (190, 150, (160, 200))]
)
def test_what_is_empty_below_and_to_the_right_goes(right, bottom, expected):
    pixels = np.zeros((160, 200), dtype=np.uint8)
    pixels[bottom - 1, right - 1] = 1
    trimmed = trim(pixels, (16, 4))
    assert trimmed.shape == expected
    assert trimmed.shape[0] >= min(160, bottom + TRIM_MARGIN)
    assert trimmed[bottom - 1, right - 1] == 1
