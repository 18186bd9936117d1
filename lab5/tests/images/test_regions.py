import numpy as np
import pytest

from text_recognizer.images.regions import crop, is_shown, paper_of, regions_of

PAGE = np.arange(6 * 10, dtype=np.uint8).reshape(6, 10)


@pytest.mark.parametrize(
    ("gap", "expected"), [(100, 8), (17, 8), (16, 8), (15, 7), (10, 5), (2, 1), (1, 0), (0, 0), (-5, 0), (-30, 0)]
)
def test_a_region_takes_at_most_half_of_the_gap_to_the_next_line(gap, expected):
    upper, lower = regions_of([(50, 100, 400, 140), (60, 140 + gap, 300, 180 + gap)])
    assert upper == (42, 92, 408, 140 + expected)
    assert lower == (52, 140 + gap - expected, 308, 188 + gap)


def test_a_line_alone_has_paper_on_all_sides_even_beyond_the_page():
    assert regions_of([(2, 3, 20, 30)]) == [(-6, -5, 28, 38)]


def test_a_line_without_a_box_has_no_region_and_no_say():
    boxes = [(0, 0, 50, 20), None, (0, 30, 50, 50), None]
    assert regions_of(boxes) == [(-8, -8, 58, 25), None, (-8, 25, 58, 58), None]
    assert regions_of([None]) == [None]
    assert regions_of([]) == []


def test_a_crop_is_that_part_of_the_page():
    np.testing.assert_array_equal(crop(PAGE, (2, 1, 9, 4), paper=255), PAGE[1:4, 2:9])
    np.testing.assert_array_equal(crop(PAGE, (0, 0, 10, 6), paper=255), PAGE)


def test_what_lies_beyond_the_page_is_paper():
    found = crop(PAGE, (-2, -1, 12, 9), paper=77)
    assert found.shape == (10, 14)
    np.testing.assert_array_equal(found[1:7, 2:12], PAGE)
    found[1:7, 2:12] = 77
    assert (found == 77).all()


@pytest.mark.parametrize("region", [(10, 0, 20, 5), (-9, 0, 0, 5), (0, 6, 5, 9), (0, -9, 5, 0), (0, -9, 5, -2)])
def test_a_region_beyond_the_page_is_an_error(region):
    with pytest.raises(ValueError, match=r"beyond the page of 10 x 6 pixels"):
        crop(PAGE, region, paper=255)


def test_paper_is_what_most_of_the_page_shows():
    page = np.full((20, 20), 230, dtype=np.uint8)
    page[5:9] = 0
    assert paper_of(page) == 230


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((20, 25, 210, 35), True),
        ((20, 25, 230, 38), True),
        ((20, 25, 300, 35), False),
        ((20, 15, 210, 35), False),
        ((20, 70, 210, 90), False),
        ((-300, 0, 210, 35), False),
    ],
)
def test_a_box_that_is_not_filled_shows_no_line(box, expected):
    page = np.zeros((100, 240), dtype=np.uint8)
    page[25:35, 20:210] = 255
    assert is_shown(page, box) == expected
