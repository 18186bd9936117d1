import numpy as np

from text_recognizer.data.paragraphs.canvas import IMAGE_WIDTH
from text_recognizer.data.paragraphs.page_style import draw_style
from text_recognizer.page.layout import LINE_PITCH

STYLES = [draw_style(np.random.default_rng(i)) for i in range(400)]


def median(name):
    return np.median([getattr(style, name) for style in STYLES])


def test_lines_are_as_far_apart_and_letters_as_large_as_on_the_canvas_of_iam():
    assert abs(median("pitch") - LINE_PITCH) < 1  # as pages are put on the canvas that are read
    assert 0.2 * LINE_PITCH < median("character_width") < 0.3 * LINE_PITCH
    assert 35 < min(style.pitch for style in STYLES) < max(style.pitch for style in STYLES) < 60


def test_letters_differ_more_in_size_than_lines_in_distance():
    sizes = np.std([np.log(style.x_height / style.pitch) for style in STYLES])
    assert sizes > 2 * np.std([np.log(style.pitch) for style in STYLES])


def test_ink_begins_near_the_top_left_and_lines_fit_the_canvas():
    corners = np.array([style.corner for style in STYLES])
    assert np.allclose(np.median(corners, axis=0), 32, atol=1.5)
    assert max(style.corner[0] + style.page_width for style in STYLES) < IMAGE_WIDTH
