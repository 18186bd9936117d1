"""The finder looks more closely where single words below each other seem to be one large line."""

import numpy as np
import pytest

from tests.page.drawn_maps import curve, draw_maps
from text_recognizer.page.finder_maps import MAPS
from text_recognizer.recognizer.page_finder import (
    CLOSER_SIZE,
    FIRST_SIZE,
    SMALLEST_SIZE,
    WORKING_SIZE,
    PageFinder,
    best_size,
    core_height,
    typical_length,
)

SIDE = 3000  # pixels of a picture
HALF = FIRST_SIZE // 2


class Network:
    """Sees what lines say: for each size of a picture the places and heights of lines, as shares of its side."""

    def __init__(self, lines_at):
        self.lines_at = lines_at
        self.sizes = []

    def answer(self, x):
        size = max(x.shape[2:])
        self.sizes.append(size)
        side = size // 2
        lines = [(curve(a * side, b * side, y * side), height * side) for a, b, y, height in self.lines_at(size)]
        maps = draw_maps(lines, (side, side))
        return {name: getattr(maps, name) for name in MAPS} | {"up": maps.up}


def see(lines_at):
    """Look at a blank picture with a finder that sees these lines; return what it sees, and the sizes it looked at."""
    finder = PageFinder.__new__(PageFinder)
    finder.network = Network(lines_at)
    seen = finder.see(np.zeros((SIDE, SIDE, 3), np.uint8))
    return seen, finder.network.sizes


def test_words_that_run_together_at_a_small_size_are_seen_closely():
    words = [(0.1, 0.13, 0.1 + 0.05 * i, 0.035) for i in range(8)]
    seen, sizes = see(lambda size: words if size > 600 else [(0.1, 0.2, 0.3, 0.09)])
    assert sizes[:2] == [FIRST_SIZE, CLOSER_SIZE]
    assert core_height(seen.maps) * seen.step == pytest.approx(0.035 * SIDE, rel=0.15)


def test_large_short_lines_that_stay_large_are_seen_at_their_own_size():
    large = [(0.1, 0.4, 0.3, 0.09), (0.1, 0.45, 0.6, 0.09)]
    seen, sizes = see(lambda size: large)
    assert sizes[:2] == [FIRST_SIZE, CLOSER_SIZE]
    assert sizes[2] == pytest.approx(FIRST_SIZE * 12 / (0.09 * HALF), abs=32)  # padded to a multiple of 32
    assert len(sizes) == 3
    assert core_height(seen.maps) == pytest.approx(12, rel=0.2)


def test_small_text_gets_a_large_size_after_a_closer_look():
    words = [(0.1, 0.11, 0.1 + 0.02 * i, 0.01) for i in range(20)]
    _, sizes = see(lambda size: words if size > 600 else [(0.1, 0.2, 0.3, 0.09)])
    assert sizes[:3] == [FIRST_SIZE, CLOSER_SIZE, WORKING_SIZE]
    assert len(sizes) > 3  # tiles


def test_a_closer_look_that_sees_nothing_is_not_believed():
    seen, sizes = see(lambda size: [] if size > 600 else [(0.1, 0.3, 0.3, 0.12)])
    assert sizes[:2] == [FIRST_SIZE, CLOSER_SIZE]
    assert core_height(seen.maps) > 0


@pytest.mark.parametrize("height", [0.06, 0.03])
def test_long_lines_need_no_closer_look(height):
    lines = [(0.1, 0.9, 0.1 + 0.08 * i, height) for i in range(9)]
    _, sizes = see(lambda size: lines)
    assert sizes[0] == FIRST_SIZE
    assert len(sizes) <= 2


def test_without_lines_the_working_size_is_best():
    empty = draw_maps([], (HALF, HALF))
    assert best_size(empty, FIRST_SIZE) == WORKING_SIZE
    assert typical_length(empty) == core_height(empty) == 0
    huge = draw_maps([(curve(10, 150, 90), 90.0)], (HALF, HALF))
    assert best_size(huge, FIRST_SIZE) == SMALLEST_SIZE
