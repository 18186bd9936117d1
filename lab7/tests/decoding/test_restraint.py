"""The language says nothing against what it cannot know."""

import numpy as np
import pytest

from text_recognizer.decoding.beam_search import ctc_beam_search
from text_recognizer.decoding.fusion_scorer import FusionScorer
from text_recognizer.decoding.ngrams import NGrams
from text_recognizer.decoding.restraint import FLOOR, QUIET, RestrainedScorer

MAPPING = ["<B>", "<S>", *"acehmnostx 0127$."]
TEXT = "the cat sat on the mat. at 1.00 the hat 1.00 " * 30
NGRAMS = NGrams.count([TEXT], "acehmnostx 0127.", order=5)
PLAIN, RESTRAINED = (cls(NGRAMS, MAPPING, 1.0, 1.0) for cls in (FusionScorer, RestrainedScorer))


def labels(text):
    return [MAPPING.index(character) for character in text]


def seen(text, doubts):
    """Return log probabilities of cells (S, C) that show a text; in a doubtful one another character is likelier."""
    probs = np.full((2 * len(text), len(MAPPING)), 1e-6)
    probs[1::2, 0] = 1
    for i, character in enumerate(text):
        probs[2 * i, MAPPING.index(character)] = 0.7
        probs[2 * i, MAPPING.index(doubts.get(i, "x"))] = 0.3
    return np.log(probs / probs.sum(axis=1, keepdims=True))


def read(expect, log_probs):
    return "".join(MAPPING[label] for label in ctc_beam_search(log_probs, 0, expect, expect.context))


@pytest.mark.parametrize("text", ["", "the", "the c", "on th"])
def test_in_prose_letters_are_expected_as_without_restraint(text):
    letters = labels("acehmnostx ")
    np.testing.assert_allclose(RESTRAINED(labels(text))[letters], PLAIN(labels(text))[letters])


@pytest.mark.parametrize("text", ["at 1", "at 1.0", "at 1.00the", "the 07", "$", "cat $1"])
def test_within_a_number_every_character_is_as_good(text):
    added = RESTRAINED(labels(text))
    assert (added[2:] == QUIET).all()
    assert (added[:2] == -np.inf).all()


def test_after_a_number_the_language_is_asked_again():
    np.testing.assert_allclose(RESTRAINED(labels("at 1 th"))[2], PLAIN(labels("at 1 th"))[2])


def test_digits_and_signs_are_never_held_against_the_image():
    added = RESTRAINED(labels("on "))
    assert (added[labels("0127$")] >= FLOOR).all()
    assert PLAIN(labels("on "))[labels("7")] < FLOOR


def test_a_number_is_read_as_it_stands_and_a_word_as_it_is_likely():
    number = seen("at 7.20", {3: "1", 5: "0"})
    assert read(PLAIN, number) != "at 7.20"
    assert read(RESTRAINED, number) == "at 7.20"
    word = seen("the cxt", {5: "a"})
    assert read(RESTRAINED, word) == read(PLAIN, word) == "the cat"


def test_a_character_that_the_language_does_not_know_can_be_read():
    price = seen("at $7", {})
    assert read(RESTRAINED, price) == "at $7"
