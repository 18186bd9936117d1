"""The recogniser's vocabulary begins with the labs' own, and other people's signs are folded into it."""

import string

import pytest

from text_recognizer.vocabulary import MAPPING, Tokenizer
from text_recognizer.wide_vocabulary import WIDE_CHARACTERS, WIDE_MAPPING, fold


def test_it_begins_with_the_labs_vocabulary_and_has_no_entry_twice():
    assert WIDE_MAPPING[: len(MAPPING)] == MAPPING
    assert len(set(WIDE_MAPPING)) == len(WIDE_MAPPING)


def test_it_has_all_that_a_keyboard_has():
    printable = set(string.ascii_letters + string.digits + string.punctuation + " ") - {"`"}
    assert printable <= set(WIDE_CHARACTERS)
    assert set("£€°") <= set(WIDE_CHARACTERS)


def test_labels_of_the_smaller_vocabulary_mean_the_same():
    text = 'It cost (about) 7, or "so" & more!'
    labels = Tokenizer(MAPPING).encode(text, 89, with_start_end_tokens=True)
    assert Tokenizer(WIDE_MAPPING).encode(text, 89, with_start_end_tokens=True) == labels


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("\u201cI\u2019d\u201d \u2014 well\u2026", '"I\'d" - well...'),
        ("caf\u00e9, na\u00efve, stra\u00dfe", "cafe, naive, strasse"),
        ("3 \u00d7 \u00bd at 20 \u00b0C", "3 x 1/2 at 20 °C"),
        ("\u00a3 5 ~ \u20ac 6", "£ 5 ~ € 6"),
        ("\u65e5", "\u65e5"),
    ],
)
def test_signs_are_folded(text, folded):
    assert fold(text) == folded
    assert fold(folded) == folded
