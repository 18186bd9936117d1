import string

import pytest
import torch

from text_recognizer.data.vocabulary import (
    BLANK,
    END,
    ESSENTIALS,
    INDEX_OF,
    MAPPING,
    PADDING,
    SPECIAL_TOKENS,
    START,
    decode,
    encode,
)

EMNIST_CLASSES = string.digits + string.ascii_uppercase + string.ascii_lowercase


def test_there_are_83_entries_and_none_twice():
    assert len(MAPPING) == len(set(MAPPING)) == 83


@pytest.mark.parametrize(
    ("entry", "index"),
    [
        *[("<B>", 0), ("<S>", 1), ("<E>", 2), ("<P>", 3)],
        *[("0", 4), ("9", 13), ("A", 14), ("Z", 39), ("a", 40), ("z", 65), (" ", 66), ("?", 82)],
    ],
)
def test_an_entry_has_its_index(entry, index):
    assert MAPPING[index] == entry
    assert INDEX_OF[entry] == index


def test_the_tokens_have_their_names():
    assert (BLANK, START, END, PADDING) == (0, 1, 2, 3)
    assert MAPPING[:4] == SPECIAL_TOKENS


def test_emnists_classes_are_in_its_own_order():
    assert "".join(MAPPING[4:66]) == EMNIST_CLASSES


def test_all_else_is_a_space_and_punctuation():
    assert MAPPING[66] == " "
    assert set(MAPPING[67:]) <= set(string.punctuation)


def test_characters_of_emnist_are_28_by_28():
    assert ESSENTIALS["input_shape"] == [28, 28]


@pytest.mark.parametrize(
    ("text", "length", "with_tokens", "expected"),
    [
        ("", 0, False, []),
        ("", 3, False, [3, 3, 3]),
        ("a0 Z?", 5, False, [40, 4, 66, 39, 82]),
        ("a0", 4, False, [40, 4, 3, 3]),
        ("a0", 4, True, [1, 40, 4, 2]),
        ("a0", 6, True, [1, 40, 4, 2, 3, 3]),
        ("", 2, True, [1, 2]),
    ],
)
def test_a_text_becomes_a_row_of_labels_padded_at_the_end(text, length, with_tokens, expected):
    labels = encode(text, length, with_tokens)
    assert labels == expected
    assert decode(labels) == text


@pytest.mark.parametrize(
    ("text", "length", "with_tokens", "expected"),
    [
        ("abc", 2, False, "'abc' makes 3 labels: expected 2 at most"),
        ("abc", 4, True, "'abc' makes 5 labels: expected 4 at most"),
        ("a\nb", 9, False, r"outside the vocabulary: '\\n'"),
        ("a€b%", 9, False, "outside the vocabulary: '%' '€'"),
    ],
)
def test_a_text_that_cannot_be_written_is_named(text, length, with_tokens, expected):
    with pytest.raises(ValueError, match=expected):
        encode(text, length, with_tokens)


def test_every_character_survives():
    text = "".join(MAPPING[4:])
    assert decode(encode(text, 100, with_start_end_tokens=True)) == text


def test_tokens_have_no_text_wherever_they_stand():
    assert decode([START, 40, BLANK, 41, END, PADDING, 42, PADDING]) == "abc"


def test_a_tensor_is_decoded_too():
    assert decode(torch.tensor([1, 40, 41, 2, 3])) == "ab"
