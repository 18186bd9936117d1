import numpy as np
import pytest

from tests.handwriting.world.small_bank import small_bank
from text_recognizer.handwriting.world.forms import LAYOUTS
from text_recognizer.handwriting.world.kinds import KINDS
from text_recognizer.handwriting.world.photograph import HALF, PAPER
from text_recognizer.handwriting.world.picture import PLACES, Scene, draw_picture
from text_recognizer.handwriting.world.sheet import CORE

SHAPE = (320, 256)


def draw(seed=0, shape=SHAPE, **settings):
    return draw_picture(small_bank(), Scene(shape, **settings), "train", np.random.default_rng(seed))


@pytest.mark.parametrize("layout", [*LAYOUTS, "strip", "word"])
def test_each_layout_writes_lines_where_the_labels_say(layout):
    picture = draw(3, layout=layout, place="scan", angle=0.0, look="clean")
    height, width = picture.image.shape[:2]
    assert picture.image.dtype == np.uint8
    assert picture.labels.shape == picture.heights.shape == (height // HALF, width // HALF)
    assert picture.lines
    assert ((picture.labels & CORE) > 0).any()
    assert (picture.labels & PAPER).all()
    seen = 0
    for line in picture.lines:
        x, y = np.round(line.polyline / HALF).astype(int).clip(0, [width // HALF - 1, height // HALF - 1]).T
        seen += ((picture.labels[y, x] & CORE) > 0).mean()
    assert seen > 0.6 * len(picture.lines)


@pytest.mark.parametrize("place", PLACES)
def test_lines_go_where_the_view_puts_them(place):
    picture = draw(5, layout="paragraph", place=place, share=0.8, num_lines=8, look="clean", shape=(512, 512))
    middles = [line.polyline[len(line.polyline) // 2] for line in picture.lines]
    inside = [(x, y) for x, y in middles if 0 <= x < 511 and 0 <= y < 511]
    hits = [picture.labels[int(y) // HALF, int(x) // HALF] & CORE for x, y in inside]
    assert np.mean(np.array(hits) > 0) > 0.7


def test_a_desk_is_no_paper():
    picture = draw(2, layout="sparse", place="desk", share=0.6, angle=0.0)
    assert 0.15 < ((picture.labels & PAPER) > 0).mean() < 0.6


@pytest.mark.parametrize("turns", range(4))
def test_the_turns_that_are_asked_for_put_a_picture_upright(turns):
    upright, turned = (draw(4, layout="letter", place="scan", turns=t, shape=(320, 320)) for t in (0, turns))
    np.testing.assert_array_equal(np.rot90(turned.image, turned.up), upright.image)
    np.testing.assert_array_equal(np.rot90(turned.labels, turned.up), upright.labels)
    x, y = upright.lines[0].polyline[0]
    for _ in range(turns):
        x, y = y, 319 - x
    assert turned.lines[0].polyline[0] == pytest.approx((x, y), abs=1e-3)


def test_the_same_seed_draws_the_same_picture():
    assert np.array_equal(draw(9).image, draw(9).image)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_the_fixed_set_can_be_drawn(kind):
    rng = np.random.default_rng(0)
    scene = KINDS[kind].scene(rng)
    small = Scene(**{**vars(scene), "shape": tuple(side // 5 for side in scene.shape)})
    assert draw_picture(small_bank(), small, "val", rng).lines
