import string
from pathlib import Path

import pytest
import torch

import text_recognizer
from text_recognizer.util import UserError
from text_recognizer.vocabulary import (
    BLANK,
    END,
    ESSENTIALS,
    INDEX_OF,
    MAPPING,
    PADDING,
    SPECIAL_TOKENS,
    START,
    TOKENIZERS,
    Tokenizer,
    decode,
    encode,
    tokenizer_of,
)

LAB_DIRNAME = Path(text_recognizer.__file__).parents[1]
SHUFFLED = ("a", "<P>", "<E>", "b", "<S>", "<B>")
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


def test_special_tokens_are_looked_up_by_name():
    tokenizer = Tokenizer(SHUFFLED)
    assert (tokenizer.blank, tokenizer.start, tokenizer.end, tokenizer.padding) == tokenizer.special == (5, 4, 2, 1)
    assert tokenizer.encode("ba", 6, with_start_end_tokens=True) == [4, 3, 0, 2, 1, 1]
    assert tokenizer.decode([5, 4, 3, 0, 2, 1]) == "ba"


@pytest.mark.parametrize(
    ("mapping", "missing"), [(("a", "b"), "<B>, <S>, <E>, <P>"), (("<B>", "<P>", "a"), "<S>, <E>")]
)
def test_a_vocabulary_without_special_tokens_is_none_of_texts_but_can_be_decoded(mapping, missing):
    tokenizer = Tokenizer(mapping)
    assert not tokenizer.is_for_text
    assert tokenizer.decode([mapping.index("a")]) == "a"
    for name in ("blank", "start", "end", "padding"):
        with pytest.raises(UserError, match=f"the data has no {missing} among its classes: expected data of text"):
            getattr(tokenizer, name)


@pytest.mark.parametrize(("mapping", "expected"), [(MAPPING, None), ((*MAPPING, "\n"), 83), (("\n", *SHUFFLED), 0)])
def test_texts_of_several_lines_have_a_label_for_the_line_break(mapping, expected):
    assert Tokenizer(mapping).newline == expected


def test_a_long_text_is_shortened_in_errors():
    with pytest.raises(ValueError, match=r"^'x{40}'… makes 101 labels: expected 7 at most$"):
        encode("x" * 101, 7)


@pytest.mark.parametrize(
    ("labels", "expected"), [([4, 0, 1, 3, 1, 1], "<S>a<P>b"), ([1, 1], ""), (torch.tensor([0, 3, 2]), "ab<E>")]
)
def test_a_row_is_spelt_with_its_special_tokens_but_for_the_padding_at_its_end(labels, expected):
    assert Tokenizer(SHUFFLED).spell(labels) == expected


def test_a_configuration_names_its_tokenizer_or_means_characters(monkeypatch):
    class Pairs(Tokenizer):
        """Has a label for each two characters."""

        def labels_of(self, text):
            return [self.label_of[text[i : i + 2]] for i in range(0, len(text), 2)]

    monkeypatch.setitem(TOKENIZERS, "pairs", Pairs)
    assert type(tokenizer_of({"mapping": list(SHUFFLED)})) is Tokenizer
    pairs = tokenizer_of({"mapping": [*SPECIAL_TOKENS, "ab", "cd"], "tokenizer": "pairs"})
    row = pairs.encode("cdab", 5, with_start_end_tokens=True)
    assert row == [1, 5, 4, 2, 3]
    assert pairs.decode(row) == "cdab"
    with pytest.raises(UserError, match=r"tokenizer 'morse': expected one of characters, (.*, )?pairs"):
        tokenizer_of({"mapping": SHUFFLED, "tokenizer": "morse"})


@pytest.mark.every_lab
def test_special_tokens_are_spelt_in_one_module():
    spelt = [f"{quote}{token}{quote}" for token in SPECIAL_TOKENS for quote in "\"'"]
    sources = [*(LAB_DIRNAME / "text_recognizer").rglob("*.py"), *(LAB_DIRNAME / "training").rglob("*.py")]
    found = [source.name for source in sources if any(name in source.read_text() for name in spelt)]
    assert found == ["vocabulary.py"]
