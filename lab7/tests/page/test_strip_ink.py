"""The grain of the paper is subtracted from ink, and ink is told from paper."""

import cv2
import numpy as np
import pytest

from tests.page.drawn_maps import draw_maps
from text_recognizer.page.strip_ink import has_dark_ink, tile_size, without_grain
from text_recognizer.page.unread_ink import find_ink


def ink_of_text(grain):
    drawn = np.zeros((56, 600), np.uint8)
    cv2.putText(drawn, "some words by hand", (20, 40), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 255, 3, cv2.LINE_AA)
    ink = drawn.astype(np.float32) / 255
    noise = np.abs(np.random.default_rng(0).normal(0, grain, ink.shape)).astype(np.float32)
    return ink, np.minimum(ink + noise, 1)


def test_strong_grain_gets_weaker_and_strokes_stay_strong():
    clean, grainy = ink_of_text(0.2)
    left = without_grain(grainy)
    assert left[clean == 0].mean() < 0.3 * grainy[clean == 0].mean()
    assert left[clean > 0.9].mean() > 0.8
    assert without_grain(np.zeros((56, 0), np.float32)).shape == (56, 0)


def test_weak_grain_stays():
    _, grainy = ink_of_text(0.02)
    assert without_grain(grainy) is grainy


@pytest.mark.parametrize("is_dark", [True, False])
def test_dense_lines_are_the_ink_and_not_the_paper_between_them(is_dark):
    grey = np.full((240, 320), 230, np.uint8)
    for row in range(16, 230, 12):  # the paper between two lines is as narrow as a line
        cv2.putText(grey, "many small words in a row", (10, row), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 90, 1, cv2.LINE_AA)
    grey = cv2.GaussianBlur(grey, (0, 0), 0.8)
    dark = grey < 190
    grey = grey if is_dark else 255 - grey
    assert has_dark_ink(grey, tile_size(grey)) == is_dark
    ink = find_ink(grey, draw_maps([], grey.shape))
    assert ink[dark].mean() > 0.6
    assert ink[~dark].mean() < 0.2
