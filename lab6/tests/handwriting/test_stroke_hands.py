"""Hands that are bent out of Hershey's letters: joined where they are to be, readable, one for each seed."""

from dataclasses import replace

import numpy as np
import pytest

from text_recognizer.handwriting import joined
from text_recognizer.handwriting.hands import Hands, find_hands
from text_recognizer.handwriting.hershey import EXTRA, glyph_of
from text_recognizer.handwriting.joined import (
    can_write,
    draw_line_in_any_hand,
    hangs_together,
    is_in_capitals,
    joined_hands,
)
from text_recognizer.handwriting.old_letters import OLD_LETTERS, draw_habit
from text_recognizer.handwriting.stroke_hands import X_HEIGHT, StrokeHand, bend, draw_stroke_hand, round_off

HAND = StrokeHand("cursive", seed=1, bend=0.05, jitter=0.02, spacing=0.0, word_gap=1.3, joins=True)


@pytest.fixture
def rng():
    """A generator."""
    return np.random.default_rng(0)


def test_the_letters_of_a_word_are_one_stroke_and_dots_come_after(rng):
    assert len(HAND.write("eel", rng).strokes) == 1
    assert len(HAND.write("eie", rng).strokes) == 2  # the dot of the i
    assert len(HAND.write("eel eel", rng).strokes) == 2
    assert len(replace(HAND, joins=False).write("eel", rng).strokes) == 3


def test_a_hand_writes_a_letter_alike_each_time_and_another_hand_otherwise():
    steady = replace(HAND, jitter=0.0)

    def letter(hand):
        return hand.write("a", np.random.default_rng(0)).points

    np.testing.assert_array_equal(letter(steady), letter(steady))
    assert np.abs(letter(steady) - letter(replace(steady, seed=2))).max() > 0.1


def test_all_signs_are_written_and_others_refused(rng):
    text = "".join(chr(code) for code in range(33, 127)) + "".join(EXTRA)
    for face in ("cursive", "scripts", "futural"):
        assert len(replace(HAND, face=face).write(text, rng).strokes) > 60
    with pytest.raises(ValueError, match="have ASCII only"):
        glyph_of("cursive", "ф")
    with pytest.raises(ValueError, match="nothing to draw"):
        HAND.write("", rng)


def test_held_out_hands_are_in_faces_of_their_own():
    def faces(held_out):
        return {draw_stroke_hand(np.random.default_rng(i), i % 2 == 0, held_out).face for i in range(20)}

    assert not faces(True) & faces(False)


def test_rounding_off_goes_through_the_corners_and_bending_by_nothing_changes_nothing():
    corners = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)]
    curve = round_off(corners)
    for corner in corners:
        assert np.abs(curve - corner).sum(axis=1).min() < 1e-9
    np.testing.assert_allclose(bend(curve, np.zeros((4, 4, 2))), curve)
    np.testing.assert_allclose(bend(curve, np.ones((4, 4, 2))), curve + 1)


def test_joined_hands_are_those_whose_letters_touch():
    hands = find_hands("train")
    chosen = joined_hands(hands)
    assert {"hershey-cursive", "hershey-scripts"} <= set(chosen.families)
    assert "hershey-futural" not in chosen.families
    assert all(hangs_together(hand) for hand in chosen.hands)
    printed = Hands(tuple(hand for hand in hands.hands if not hangs_together(hand)))
    assert joined_hands(printed) == printed


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_any_hand_writes_what_it_lacks_in_another(share):
    hands = find_hands("train")
    assert all(can_write(hand, "€") for hand in hands.hands if hand.family.startswith("hershey"))
    for seed in range(4):
        line = draw_line_in_any_hand(hands, "£5 = {7€} ~ 9°", np.random.default_rng(seed), share)
        assert line.image.max() > 200
        assert 0 < line.baseline < line.image.shape[0]


def test_a_hand_of_1900_forms_some_letters_otherwise_and_always_alike():
    old = replace(HAND, old=1.0, jitter=0.0)
    assert draw_habit(1, "d", 1.0) == draw_habit(1, "d", 1.0) is not None
    assert draw_habit(1, "d", 0.0) is None
    assert draw_habit(1, "a", 1.0) is None
    first, second = (old.write("er", np.random.default_rng(seed)).points for seed in (0, 1))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, replace(old, old=0.0).write("er", np.random.default_rng(0)).points)


def test_letters_for_the_end_of_a_word_stand_there_only():
    last = OLD_LETTERS["d"][0]
    assert last.is_last
    seed = next(seed for seed in range(99) if draw_habit(seed, "d", 1.0) == last)
    hand = replace(HAND, seed=seed, old=1.0, bend=0.0, jitter=0.0)
    end, inside = (hand.write(word, np.random.default_rng(0)).points for word in ("ad", "dd"))
    assert end[-1, 0] < end[:, 0].max() - 5  # thrown back over the word
    assert len(inside) > len(hand.write("d", np.random.default_rng(0)).points)


def test_a_flourish_makes_words_longer(rng):
    wide = replace(HAND, flourish=3.0, jitter=0.0)
    widths = [np.ptp(wide.write("see", np.random.default_rng(seed)).points[:, 0]) for seed in range(20)]
    assert max(widths) > min(widths) + X_HEIGHT


def test_capitals_are_not_joined(monkeypatch):
    assert is_in_capitals("TOTAL: 5 kg")
    assert not is_in_capitals("Total: 5")
    assert not is_in_capitals("0171-555")
    monkeypatch.setattr(joined, "draw_old_writer", lambda *_: pytest.fail("joined"))
    monkeypatch.setattr(joined, "STROKE_SHARE", 0.0)
    for seed in range(5):
        draw_line_in_any_hand(find_hands("train"), "ROOM 402", np.random.default_rng(seed), joined=1.0)
