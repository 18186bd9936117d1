import cv2
import numpy as np
import pytest

from text_recognizer.data.paragraphs.paragraph_lines import cut, separate, whole_strokes
from text_recognizer.images.regions import ink_of

BOXES = [(20, 20, 220, 40), (20, 50, 220, 70)]  # of the lines below, without their long letters


def page_of_two_lines():
    """Draw two rows of letters; a long one of the first reaches down between two of the second."""
    page = np.zeros((100, 240), dtype=np.uint8)
    for x in range(20, 220, 20):
        page[25:35, x : x + 10] = 255
        page[55:65, x : x + 10] = 255
    page[25:28, 34:40] = page[25:59, 34:36] = 255
    return page


def lines_of(page, boxes=BOXES):
    owners, _ = separate(page, boxes)
    return [cut(page, owners, i) for i in range(len(boxes))]


def pasted(lines, shape):
    page = np.zeros(shape, dtype=np.uint8)
    for line in lines:
        part = page[line.top :, line.left :][: line.image.shape[0], : line.image.shape[1]]
        np.maximum(part, line.image, out=part)
    return page


def test_lines_put_back_make_the_page():
    page = page_of_two_lines()
    np.testing.assert_array_equal(pasted(lines_of(page), page.shape), page)


def test_a_long_letter_stays_whole_beyond_its_box_and_out_of_the_other_line():
    first, second = lines_of(page_of_two_lines())
    assert (first.top, first.top + first.image.shape[0]) == (24, 60)  # with a pixel of paper on each side
    assert (second.top, second.top + second.image.shape[0]) == (54, 66)
    assert second.image[:, 34 - second.left].max() == 0


def test_dots_and_commas_go_to_the_nearer_line():
    page = page_of_two_lines()
    page[21:23, 100:103] = page[36:40, 110:113] = page[51:53, 150:153] = 255
    owners, _ = separate(page, BOXES)
    assert [owners[22, 101], owners[38, 111], owners[52, 151]] == [1, 1, 2]


def test_lines_that_touch_are_parted_half_way():
    page = np.zeros((100, 240), dtype=np.uint8)
    page[25:35, 20:220] = page[55:65, 20:220] = 255
    page[30:60, 100:104] = 255
    first, second = lines_of(page)
    bottom, top = first.top + first.image.shape[0], second.top
    assert 43 <= bottom <= 48
    assert 43 <= top <= 47
    np.testing.assert_array_equal(pasted([first, second], page.shape), page)


def test_rising_lines_are_followed():
    page = np.zeros((140, 400), dtype=np.uint8)
    for i in range(2):  # they rise by more than the distance between them
        for x in range(20, 380, 20):
            y = 70 + 30 * i - x // 8
            page[y : y + 8, x : x + 12] = 255
    boxes = [(20, 22, 392, 76), (20, 52, 392, 106)]
    owners, cores = separate(page, boxes)
    for i in range(2):
        for x in range(20, 380, 20):
            assert owners[74 + 30 * i - x // 8, x + 5] == i + 1
    assert all(-0.13 < core.slope < -0.1 for core in cores)


def test_ink_outside_all_boxes_is_nobodys_and_soft_edges_are_kept():
    page = page_of_two_lines()
    page[90:95, 100:110] = 255
    page = cv2.GaussianBlur(page, (3, 3), 0)
    whole = pasted(lines_of(page), page.shape)
    assert whole[85:].max() == 0
    np.testing.assert_array_equal(whole[:80], page[:80])


def test_a_line_without_ink_gives_none():
    page = page_of_two_lines()
    assert lines_of(page, [*BOXES, (20, 80, 220, 95)])[2] is None


@pytest.mark.parametrize("paper", [0, 30])
def test_paper_becomes_black_and_ink_stays_white(paper):
    page = np.maximum(page_of_two_lines(), paper)
    np.testing.assert_array_equal(ink_of(page), page_of_two_lines())


@pytest.mark.parametrize(
    ("stroke", "expected"),
    [
        ((50, 70, 60, 80), (40, 40, 160, 80)),  # crosses the lower edge
        ((30, 50, 45, 55), (30, 40, 160, 75)),
        ((50, 80, 60, 90), (40, 40, 160, 75)),  # lies outside
        ((50, 70, 60, 110), (40, 40, 160, 75)),  # goes on too far
        ((35, 70, 165, 80), (35, 40, 165, 80)),
    ],
)
def test_a_region_is_enlarged_to_hold_whole_the_strokes_that_its_edge_cuts(stroke, expected):
    page = np.zeros((150, 200), dtype=np.uint8)
    page[50:60, 60:140] = 255
    x0, y0, x1, y1 = stroke
    page[y0:y1, x0:x1] = 255
    assert whole_strokes(page, (40, 40, 160, 75), reach=20) == expected


def test_a_page_without_ink_has_no_strokes():
    assert whole_strokes(np.zeros((50, 50), np.uint8), (10, 10, 20, 20), reach=5) == (10, 10, 20, 20)
