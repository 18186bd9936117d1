import numpy as np
import pytest

from tests.own_pages import PAGE_SIZE, TEXTS, draw_page, polygon, rectangle
from text_recognizer.data.labelling.region import Region, cut, lies_outside, turned_rectangle

BOX_SIZE = (36, 240)


def region_of(value, is_rectangle):
    if is_rectangle:
        numbers = [value[key] / 100 for key in ("x", "y", "width", "height")]
        corners = turned_rectangle(*numbers, value["rotation"], PAGE_SIZE)
    else:
        corners = np.array(value["points"]) / 100
    return Region("page", "r", "", "line", "text", corners, is_rectangle, PAGE_SIZE)


@pytest.mark.parametrize("degrees", [0, 12, -20])
@pytest.mark.parametrize("shape", [rectangle, polygon])
def test_a_turned_line_is_cut_out_level_and_whole(shape, degrees):
    level, boxes = draw_page(TEXTS[0])
    page, _ = draw_page(TEXTS[0], degrees)
    left, top, width, height = boxes[0]
    expected = np.asarray(level)[top : top + height, left : left + width].astype(float)
    picture = cut(np.asarray(page), region_of(shape(boxes[0], degrees), shape is rectangle)).astype(float)
    assert np.abs(np.subtract(picture.shape, BOX_SIZE)).max() <= 1
    size = tuple(np.minimum(picture.shape, expected.shape))
    picture, expected = picture[: size[0], : size[1]], expected[: size[0], : size[1]]
    ink = [(255 - image).sum() for image in (picture, expected)]
    assert ink[0] == pytest.approx(ink[1], rel=0.03), "no ink is lost"
    assert np.corrcoef(picture.ravel(), expected.ravel())[0, 1] > (0.99 if degrees == 0 else 0.75)


def test_a_turned_rectangle_has_right_angles_in_pixels_also_on_a_long_page():
    corners = turned_rectangle(0.2, 0.5, 0.5, 0.1, 30, (1000, 200)) * [1000, 200]
    along, down = corners[1] - corners[0], corners[3] - corners[0]
    assert along @ down == pytest.approx(0, abs=1e-6)
    assert np.linalg.norm(along) == pytest.approx(500)
    assert np.linalg.norm(down) == pytest.approx(20)
    assert along[1] > 0, "clockwise: the right end is lower"


def test_ink_outside_a_polygon_is_paper():
    page = np.full((100, 100), 200, dtype=np.uint8)
    page[::5, ::3] = 10
    corners = np.array([[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]])
    picture = cut(page, Region("page", "r", "", "paragraph", "text", corners, False, None))
    assert picture.shape == (80, 80)
    assert (picture[-5:, :20] == 200).all()
    assert (picture < 100).any()


def test_what_reaches_over_the_edge_is_filled_with_paper():
    page = np.full((50, 100), 180, dtype=np.uint8)
    page[20:30, 40:60] = 0
    corners = np.array([[-0.01, -0.02], [1.0, -0.02], [1.0, 1.0], [-0.01, 1.0]])
    assert not lies_outside(corners)
    picture = cut(page, Region("page", "r", "", "line", "text", corners, True, None))
    assert (picture[0] == 180).all()
    assert lies_outside(np.array([[0.5, 0.5], [1.1, 0.5], [1.1, 0.6]]))


def test_a_click_by_mistake_is_refused():
    corners = turned_rectangle(0.5, 0.5, 0.001, 0.5, 0, PAGE_SIZE)
    with pytest.raises(ValueError, match=r"0 x 150 pixels: expected 8"):
        cut(np.zeros(PAGE_SIZE[::-1], dtype=np.uint8), Region("p", "r", "", "line", "t", corners, True, None))
