"""Worse pictures of pages."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from text_recognizer.evaluation.degradations import DEGRADATIONS


@pytest.fixture(scope="module")
def page():
    page = Image.new("L", (600, 400), 250)
    draw = ImageDraw.Draw(page)
    for y in range(50, 350, 60):
        draw.line((60, y, 500, y + 10), fill=20, width=4)
    return page


def grey(picture):
    return np.asarray(picture.convert("L")).astype(float)


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_the_strokes_stay_and_the_page_is_not_changed(name, page):
    before = page.tobytes()
    worse = DEGRADATIONS[name](page)
    assert page.tobytes() == before
    assert grey(worse).std() > 10
    assert (name == "clean") == (worse.size == page.size and np.array_equal(grey(worse), grey(page)))


@pytest.mark.parametrize(("name", "factor"), [("half the size", 0.5), ("double the size", 2)])
def test_the_size_changes(name, factor, page):
    assert DEGRADATIONS[name](page).size == (600 * factor, 400 * factor)


def test_light_is_uneven_and_ink_grey(page):
    light = grey(DEGRADATIONS["uneven light"](page))
    assert light[-1, -1] < 0.5 * light[0, 0]
    pencil = grey(DEGRADATIONS["grey ink on tinted paper"](page))
    assert np.ptp(pencil) < 0.7 * np.ptp(grey(page))


def test_all_of_a_rotated_page_is_there(page):
    assert DEGRADATIONS["rotated by 2 degrees"](page).width > page.width


def test_noise_is_the_same_each_time(page):
    assert np.array_equal(grey(DEGRADATIONS["noisy"](page)), grey(DEGRADATIONS["noisy"](page)))
