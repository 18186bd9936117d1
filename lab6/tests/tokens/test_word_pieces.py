import random

import pytest

from text_recognizer.tokens.word_pieces import WordPieces
from text_recognizer.util import UserError
from text_recognizer.vocabulary import MAPPING, SPECIAL_TOKENS

PIECES = ["▁the", "▁", "t", "he", "▁c", "at", "c", "a", "s", "▁ca"]
CHARACTERS = [token for token in MAPPING if token not in SPECIAL_TOKENS]


def write(tmp_path, tokens="▁the\n▁\nca\nt\n", lexicon="the ▁the\ncat ▁ ca t\n"):
    (tmp_path / "some_tokens_4.txt").write_text(tokens, encoding="utf-8")
    (tmp_path / "some_lex_4.txt").write_text(lexicon, encoding="utf-8")
    return str(tmp_path / "some_tokens_4.txt")


@pytest.mark.parametrize("seed", range(200))
def test_every_text_of_the_vocabulary_survives(seed):
    rng = random.Random(seed)
    text = "".join(rng.choices([*CHARACTERS, " ", " ", "the", "cats", " the "], k=rng.randrange(20)))
    pieces = WordPieces.of(PIECES, {"the": ["▁", "t", "he"]})
    labels = pieces.encode(text, 100, with_start_end_tokens=seed % 2 == 0)
    assert pieces.decode(labels) == text
    assert len(labels) == 100
    assert "".join(pieces.segment(text)) == "▁" + text.replace(" ", "▁")


def test_the_sign_for_a_space_is_no_underscore():
    assert PIECES[1] == "\u2581" != "_"


def test_a_word_is_spelled_as_the_lexicon_says_and_else_with_the_fewest_pieces():
    pieces = WordPieces.of(PIECES, {"the": ["▁", "t", "he"]})
    assert pieces.segment("the cats") == ["▁", "t", "he", "▁c", "at", "s"]
    assert WordPieces.of(PIECES).segment("the cat") == ["▁the", "▁c", "at"]


def test_special_tokens_come_first_and_pieces_in_their_order():
    pieces = WordPieces.of(PIECES)
    assert pieces.mapping[:6] == (*SPECIAL_TOKENS, " the", " ")
    assert len(set(pieces.mapping)) == len(pieces.mapping)
    assert set(CHARACTERS) <= set(pieces.mapping)


def test_files_are_read_together(tmp_path):
    pieces = WordPieces.read(write(tmp_path))
    assert pieces.num_pieces == 4
    assert pieces.segment("the cat") == ["▁the", "▁", "ca", "t"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"tokens": "\n\n"}, "the file is empty"),
        ({"tokens": "t\nt\n"}, "'t' is there twice"),
        ({"lexicon": "the ▁t\n"}, "does not spell 'the'"),
        ({"lexicon": "to ▁ t o\n"}, "'o' is not among the 4 tokens"),
    ],
)
def test_broken_files_are_named(tmp_path, files, message):
    with pytest.raises(UserError, match=message):
        WordPieces.read(write(tmp_path, **files))


def test_a_file_that_is_not_there_is_named_with_those_that_are(tmp_path):
    write(tmp_path)
    with pytest.raises(UserError, match=r"some_tokens_100\.txt: no such file.*some_tokens_4\.txt"):
        WordPieces.read(str(tmp_path / "some_tokens_100.txt"))


def test_texts_that_cannot_be_written_are_refused():
    pieces = WordPieces.of(PIECES)
    with pytest.raises(ValueError, match="'é'"):
        pieces.encode("café", 10)
    with pytest.raises(ValueError, match="makes 3 labels: expected 2"):
        pieces.encode("cats", 2)
