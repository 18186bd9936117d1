import numpy as np
import pytest

from text_recognizer.page.finder_maps import FinderMaps
from text_recognizer.recognizer.page_finder import SeenPage
from text_recognizer.recognizer.way_up import UNSURE, see_upright

PICTURE = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)


class Finder:
    """Has an opinion of each of the four ways in which the picture may lie, and counts how often it was asked.

    Its map of cores numbers the pixels of the picture as it lies.
    """

    def __init__(self, **opinions):
        self.opinions = [np.array(opinions[f"turned_{i}"], np.float32) for i in range(4) if f"turned_{i}" in opinions]
        self.num_looks = 0

    def see(self, picture):
        self.num_looks += 1
        (turns,) = (i for i in range(4) if np.array_equal(np.rot90(PICTURE, i), picture))
        maps = picture[..., 0].astype(np.float32)
        return SeenPage(FinderMaps(maps, maps, maps, maps, maps, up=self.opinions[turns]), 1.0)


def check(finder, quarters, num_looks):
    upright = see_upright(finder, PICTURE)
    assert upright.quarters == quarters
    assert np.array_equal(upright.seen.maps.core, np.rot90(PICTURE, quarters)[..., 0])
    assert finder.num_looks == num_looks


def test_a_sure_opinion_is_enough():
    check(Finder(turned_0=[0.9, 0, 0.1, 0]), 0, 1)
    check(Finder(turned_0=[0.1, 0, 0.9, 0]), 2, 1)


def test_where_the_finder_is_unsure_it_is_asked_upside_down_too():
    sure = [0.95, 0.0, 0.05, 0.0]
    unsure = [0.55, 0.0, 0.45, 0.0]
    nothing = [0.0, 0.5, 0.0, 0.5]
    check(Finder(turned_0=unsure, turned_1=nothing, turned_2=sure), 2, 2)
    check(Finder(turned_0=unsure, turned_1=nothing, turned_2=[0.05, 0.0, 0.95, 0.0]), 0, 2)
    check(Finder(turned_0=[0.5, 0, 0.5, 0], turned_1=nothing, turned_2=[0.5, 0, 0.5, 0]), 0, 2)
    assert UNSURE > 1


@pytest.mark.parametrize(("upright", "quarters"), [([0.9, 0, 0.1, 0], 1), ([0.1, 0, 0.9, 0], 3)])
def test_a_picture_on_its_side_is_turned_and_seen_again(upright, quarters):
    # What is said of the two sides is not believed.
    check(Finder(turned_0=[0, 0.4, 0, 0.6], turned_1=upright), quarters, 2)


def test_impossible_ways_divide_by_nothing():
    check(Finder(turned_0=[0, 0, 1, 0]), 2, 1)
    check(Finder(turned_0=[0.25, 0.25, 0.25, 0.25], turned_1=[0.0] * 4, turned_2=[0.0] * 4), 0, 2)
