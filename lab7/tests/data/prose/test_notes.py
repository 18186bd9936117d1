"""Notes: a grammar that is whole, right sums, and names that no two splits share."""

import re
from collections import Counter

import numpy as np
import pytest

from text_recognizer.data.prose.notes import (
    GRAMMAR_FILENAME,
    NAMES,
    RANGE,
    SLOT,
    NoteSource,
    draw_sum,
    grammar_of,
    read_grammar,
)
from text_recognizer.data.prose.text import MAX_LENGTH
from text_recognizer.vocabulary import CHARACTERS
from text_recognizer.wide_vocabulary import WIDE_CHARACTERS


@pytest.fixture(scope="module")
def source():
    """What training writes, notes only."""
    return NoteSource("train", 1.0, WIDE_CHARACTERS, free_text=True)


def test_each_slot_of_the_grammar_can_be_filled_and_each_section_is_used(source):
    grammar = read_grammar(GRAMMAR_FILENAME)
    used = {"line"}
    for form, weight in (form for forms in grammar.values() for form in forms):
        assert weight > 0
        for name in SLOT.findall(form):
            used.add(name)
            assert name in grammar or name in source.drawn or RANGE.fullmatch(name) or set(name) == {"#"}, form
    assert set(grammar) - used == set()


def test_notes_hold_all_characters_and_no_others_and_fit(source):
    rng = np.random.default_rng(0)
    lines = [source.line(rng) for _ in range(3000)]
    counts = Counter("".join(lines))
    assert set(counts) == set(WIDE_CHARACTERS)
    assert max(map(len, lines)) <= MAX_LENGTH
    assert all(line == line.strip() and "`" not in line for line in lines)


def test_a_smaller_alphabet_is_kept_to():
    small = NoteSource("train", 1.0, CHARACTERS, free_text=True)
    rng = np.random.default_rng(0)
    assert set("".join(small.line(rng) for _ in range(500))) <= set(CHARACTERS)


def test_the_share_of_notes_is_kept():
    def lines(share):
        source, rng = NoteSource("train", share, WIDE_CHARACTERS, free_text=True), np.random.default_rng(0)
        return [source.line(rng) for _ in range(200)]

    assert not any(re.search(r"[@$€]", line) for line in lines(0.0))
    assert any("@" in line for line in lines(1.0))


def test_names_are_shared_out_among_the_splits():
    for name in NAMES:
        train, val = (set(grammar_of(split)[name].texts) for split in ("train", "val"))
        assert train
        assert val
        assert not train & val


def test_numbers_keep_their_range_and_their_zeros(source):
    rng = np.random.default_rng(0)
    assert {source.expand("`08..11`", rng) for _ in range(60)} == {"08", "09", "10", "11"}
    assert {len(source.expand("`####`", rng)) for _ in range(20)} == {4}


def test_sums_are_right():
    for seed in range(50):
        left, right = draw_sum(np.random.default_rng(seed)).split("=")
        assert eval(left.replace("x", "*")) == int(right)  # digits and signs of our own
