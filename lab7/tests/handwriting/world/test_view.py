import numpy as np
import pytest

from text_recognizer.handwriting.world.view import View, draw_curl, fit_view


def make_view(seed, share=0.8):
    rng = np.random.default_rng(seed)
    return fit_view((400, 300), (500, 600), share, rng.uniform(-20, 20), 0.07, rng, draw_curl((400, 300), rng))


@pytest.mark.parametrize("seed", range(4))
def test_where_a_point_goes_is_where_its_pixel_comes_from(seed):
    view = make_view(seed)
    points = np.array([[30.0, 50.0], [150, 200], [280, 390]])
    there = view.move(points)
    sources = view.sources((500, 600))
    for point, (x, y) in zip(points, there, strict=True):
        assert sources[round(y), round(x)] == pytest.approx(point, abs=1.5)


def test_a_map_of_half_the_size_shows_the_same():
    view = make_view(1)
    full, half = view.sources((500, 600)), view.sources((250, 300), zoom=2)
    pairs = full.reshape(250, 2, 300, 2, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(half, pairs, atol=0.1)


def test_a_flat_sheet_fits_into_the_picture():
    view = fit_view((400, 300), (500, 600), 0.9, 12, 0.05, np.random.default_rng(0))
    corners = view.move(np.array([[0, 0], [300, 0], [0, 400], [300, 400]]))
    assert (corners > -1).all()
    assert (corners < [601, 501]).all()


def test_without_curl_the_map_is_the_matrix():
    view = View(np.diag([2.0, 2.0, 1.0]), (10, 10), np.zeros((0, 4)))
    np.testing.assert_allclose(view.move(np.array([[3.0, 4.0]])), [[6, 8]])
