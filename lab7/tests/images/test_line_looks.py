"""What lies around a line: the same for a generator, and the line stays there."""

import cv2
import numpy as np
import pytest

from text_recognizer.images import rulings
from text_recognizer.images.line_looks import LineLooks, ink_box
from text_recognizer.util import UserError

NAMES = list(LineLooks.__dataclass_fields__)
SHAPE = (56, 400)


@pytest.fixture
def line():
    """A text in white on black, with room behind."""
    image = np.zeros(SHAPE, np.uint8)
    cv2.putText(image, "hand written", (30, 40), cv2.FONT_HERSHEY_SIMPLEX, 1, 255, 2, cv2.LINE_AA)
    return image


def only(name):
    """Return looks of which one is sure and the others never happen."""
    return LineLooks(**{other: float(other == name) for other in NAMES})


@pytest.mark.parametrize("name", NAMES)
def test_each_look_changes_the_image_alike_for_a_generator_and_leaves_the_line(line, name):
    before = line.copy()
    for seed in range(12):
        seen = only(name)(line, np.random.default_rng(seed))
        assert seen.shape == SHAPE
        assert seen.dtype == np.uint8
        np.testing.assert_array_equal(seen, only(name)(line, np.random.default_rng(seed)))
        if name != "placing":  # what was ink is still brighter than what was paper
            assert seen[before > 200].mean() > seen[before == 0].mean() + 40
    np.testing.assert_array_equal(line, before)
    if name != "extracted":
        changed = [not np.array_equal(only(name)(line, np.random.default_rng(seed)), line) for seed in range(12)]
        assert any(changed)


def test_nothing_happens_where_nothing_is_to():
    image = np.random.default_rng(0).integers(0, 255, SHAPE, np.uint8)
    np.testing.assert_array_equal(only("none")(image, np.random.default_rng(0)), image)


def test_an_empty_strip_stays_empty():
    blank = np.full(SHAPE, 30, np.uint8)
    np.testing.assert_array_equal(LineLooks(**dict.fromkeys(NAMES, 1.0))(blank, np.random.default_rng(0)), blank)


def test_a_line_that_gets_smaller_stays_whole(line):
    for seed in range(20):
        left, top, right, bottom = ink_box(only("placing")(line, np.random.default_rng(seed)))
        assert top >= 0
        assert bottom <= SHAPE[0]
        assert right - left < ink_box(line)[2] - ink_box(line)[0]


def test_faint_ink_on_grey_paper_becomes_white_on_black(line):
    grey = (60 + 0.3 * line).astype(np.uint8)
    seen = only("extracted")(grey, np.random.default_rng(0))
    assert seen[line > 240].mean() > 220
    assert np.median(seen) == 0


def test_rules_reach_from_end_to_end(line, monkeypatch):
    monkeypatch.setattr(rulings, "RULINGS", {"rule": 1.0})
    monkeypatch.setattr(rulings, "_in_pieces", lambda lines, rng: lines)
    left, _, right, _ = ink_box(line)
    for seed in range(10):
        new = cv2.subtract(only("ruling")(line, np.random.default_rng(seed)), line)
        columns = np.flatnonzero(new.max(axis=0) > 100)
        assert columns.min() <= left
        assert columns.max() >= right - 1


def test_shares_beyond_1_are_a_message():
    with pytest.raises(UserError, match=r"ruling=2: expected a number from 0 to 1"):
        LineLooks(ruling=2)
