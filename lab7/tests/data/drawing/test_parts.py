"""Each part of the engine can be left out, and then it is: the rest stays."""

from collections import Counter

import numpy as np
import pytest

from text_recognizer.data.drawing.parts import (
    ALL,
    JITTER,
    NUM_FEW,
    PARTS,
    hands_without,
    parse_parts,
    settings_without,
    text_without,
)
from text_recognizer.data.prose.text import TextSource
from text_recognizer.handwriting.hands import Hands, HersheyHand, find_hands
from text_recognizer.handwriting.writer import draw_writer
from text_recognizer.util import UserError

TEXTS = TextSource("train", ("The boy # saw five old ships.",) * 40)
MANY = Hands(
    tuple(
        HersheyHand(f"family {number:02}", "everyday", 1.0, 2.0, 1.0, 0.1, 0.1, "futural", 1.0 + file)
        for number in range(25)
        for file in range(2)
    )
)


@pytest.mark.parametrize(
    ("text", "parts"),
    [("", ()), ("jitter", ("jitter",)), ("text, camera", ("text", "camera")), (ALL, tuple(PARTS))],
)
def test_what_is_left_out_is_read_from_a_flag(text, parts):
    assert parse_parts(text, "--flag") == parts


@pytest.mark.parametrize("text", ["paper", "jitter,", "jitter,jitter", "all,jitter"])
def test_what_is_no_part_is_refused(text):
    with pytest.raises(UserError, match=f"--flag={text}: expected all, or some of families, jitter, camera, text"):
        parse_parts(text, "--flag")


def test_without_families_there_are_ten_from_all_over_the_list_with_all_their_files():
    few = hands_without(("families",), MANY)
    assert len(few.families) == NUM_FEW
    assert few.families[0] == "family 00"
    assert few.families[-1] > "family 20"
    assert len(few.hands) == 2 * NUM_FEW
    assert {few.draw(np.random.default_rng(i)).family for i in range(200)} == set(few.families)


def test_with_families_there_are_all():
    assert hands_without(("jitter", "camera", "text"), MANY) is MANY


def test_to_leave_out_families_there_must_be_more_than_ten():
    with pytest.raises(UserError, match=r"there are only 4: `make fonts`"):
        hands_without(("families",), find_hands("train"))


def test_without_jitter_a_writer_keeps_all_but_what_changes_from_letter_to_letter():
    usual, calm = (
        draw_writer(MANY, np.random.default_rng(3), **settings_without(parts)) for parts in ((), ("jitter",))
    )
    assert [getattr(calm, name) for name in JITTER] == [0] * len(JITTER)
    assert calm.borrowed == {}
    assert all(getattr(usual, name) > 0 for name in ("word_jitter", "letter_jitter", "gap_jitter", "elastic"))
    kept = [name for name in vars(usual) if name not in (*JITTER, "borrowed")]
    assert [getattr(calm, name) for name in kept] == [getattr(usual, name) for name in kept]


def test_without_the_camera_there_is_one_look():
    assert settings_without(("camera", "text")) == {"look": "scanned clean"}


def test_without_text_characters_change_places_but_words_stay_as_long_and_crossed_out_ones_where_they_are():
    assert text_without(("camera",), TEXTS) is TEXTS
    shuffled, differ = text_without(("text",), TEXTS), 0
    for seed in range(20):
        line, other = (texts.line(np.random.default_rng(seed)) for texts in (TEXTS, shuffled))
        assert Counter(line) == Counter(other)
        assert [(len(word), word == "#") for word in line.split()] == [(len(w), w == "#") for w in other.split()]
        differ += line != other
    assert differ >= 19
