"""The same strokes in other hands: slanted, stretched, joined, and always drawn."""

import numpy as np
import pytest

from text_recognizer.handwriting.nibs import KINDS, LINE_HEIGHT, Nib, draw_nib, draw_trace
from text_recognizer.handwriting.recorded import draw_plain_line, draw_recorded_line, limit_stretch
from text_recognizer.handwriting.traces import (
    Motion,
    Trace,
    draw_motion,
    draw_old_motion,
    join_strokes,
    level,
    widen_gaps,
)

HEIGHT = 100.0


def upright(x, top=0.0, bottom=HEIGHT, num=12):
    """Return a stroke straight down."""
    return np.stack([np.full(num, float(x)), np.linspace(top, bottom, num)], axis=1)


@pytest.fixture
def trace():
    """A row of upright strokes, far enough apart not to be joined."""
    return Trace(tuple(upright(60 * i) for i in range(8)), HEIGHT)


@pytest.fixture
def rng():
    """A generator."""
    return np.random.default_rng(0)


def test_nothing_changes_without_a_motion(trace, rng):
    for before, after in zip(trace.strokes, Motion().apply(trace, rng).strokes, strict=True):
        np.testing.assert_allclose(after - after[0], before - before[0], atol=1e-9)


def test_slant_leans_strokes_to_the_right(trace, rng):
    stroke = Motion(slant=30).apply(trace, rng).strokes[0]
    lean = (stroke[0, 0] - stroke[-1, 0]) / (stroke[-1, 1] - stroke[0, 1])
    assert lean == pytest.approx(np.tan(np.radians(30)))


def test_stretch_and_core_change_width_and_the_height_of_small_letters(trace, rng):
    moved = Motion(stretch=2, core=0.5).apply(trace, rng)
    assert np.ptp(moved.points[:, 0]) == pytest.approx(2 * np.ptp(trace.points[:, 0]))
    assert np.ptp(moved.points[:, 1]) == pytest.approx(moved.height, rel=0.05)
    assert moved.height < trace.height


@pytest.mark.parametrize("setting", [{"slant": 80}, {"stretch": 0}, {"joined": 2}])
def test_impossible_motions_are_refused(setting):
    with pytest.raises(ValueError, match="expected a number"):
        Motion(**setting)


def test_a_climbing_line_is_laid_flat(trace):
    climbing = [stroke + np.stack([0 * stroke[:, 0], -0.2 * stroke[:, 0]], axis=1) for stroke in trace.strokes]
    bottoms = [stroke[:, 1].max() for stroke in level(climbing)]
    assert np.ptp(bottoms) < 1


def test_strokes_are_joined_where_the_pen_is_lifted_for_a_short_way_only(rng):
    dot = np.array([[12.0, -10.0]])
    strokes = [upright(0), dot, upright(5, HEIGHT, 0), upright(300)]
    joined = join_strokes(strokes, HEIGHT, 1.0, rng)
    assert [len(stroke) for stroke in joined] == [12, 1, 12, 12]  # not past a dot, not backwards, not far
    joined = join_strokes([upright(0), upright(15, HEIGHT, 0)], HEIGHT, 1.0, rng)
    assert len(joined) == 1
    assert len(joined[0]) > 24
    assert len(join_strokes([upright(0), upright(15, HEIGHT, 0)], HEIGHT, 0.0, rng)) == 2


def test_wide_gaps_get_wider_and_narrow_ones_stay():
    moved = widen_gaps([upright(0), upright(10), upright(110)], 25, 2.0)
    assert [stroke[0, 0] for stroke in moved] == [0, 10, 210]


@pytest.mark.parametrize("kind", KINDS)
def test_each_pen_draws_as_wide_as_it_is(kind, rng):
    straight = Trace((np.stack([np.linspace(0, 400, 80), np.zeros(80)], axis=1), upright(200)), HEIGHT)
    nib = Nib(kind, width=0.1, contrast=0.5, angle=90.0, uneven=0.0)
    image = draw_trace(straight, nib, rng)
    assert image.dtype == np.uint8
    width = (image[:, 20].astype(float) / 255).sum()  # across the level stroke
    assert 0.45 * 0.1 * LINE_HEIGHT < width < 1.4 * 0.1 * LINE_HEIGHT


def test_a_pointed_nib_presses_downwards_only(rng):
    across = np.stack([np.linspace(0, 100, 30), np.zeros(30)], axis=1)
    nib = Nib("pointed", width=0.1, contrast=0.7, angle=0.0, uneven=0.0)
    down, up = nib.widths(upright(0, num=30), HEIGHT, rng), nib.widths(upright(0, HEIGHT, 0, num=30), HEIGHT, rng)
    assert down.mean() > nib.widths(across, HEIGHT, rng).mean() > up.mean()


def test_a_lone_point_is_a_dot(rng):
    image = draw_trace(Trace((np.array([[5.0, 5.0]]), upright(50)), HEIGHT), draw_nib(rng), rng)
    assert image[:, :4].max() > 128


def test_a_damaged_trace_is_refused(rng):
    far = Trace((np.array([[0.0, 0.0], [1e6, 0.0]]),), HEIGHT)
    with pytest.raises(ValueError, match="expected 12000 at most"):
        draw_trace(far, draw_nib(rng), rng)


@pytest.mark.parametrize("draw", [draw_motion, draw_old_motion])
def test_drawn_motions_are_possible_and_differ(draw, trace):
    motions = [draw(np.random.default_rng(seed)) for seed in range(50)]
    assert len({motion.slant for motion in motions}) == 50
    assert np.mean([motion.slant for motion in motions]) > (15 if draw is draw_old_motion else -10)
    assert all(limit_stretch(motion, trace).stretch <= motion.stretch for motion in motions)


def test_recorded_lines_are_the_same_for_a_generator_and_differ_between_them(trace):
    images = [draw_recorded_line(trace, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(images[0], images[1])
    assert images[0].shape != images[2].shape or not np.array_equal(images[0], images[2])
    assert all(image.shape[0] == 56 for image in images)
    np.testing.assert_array_equal(draw_plain_line(trace), draw_plain_line(trace))
