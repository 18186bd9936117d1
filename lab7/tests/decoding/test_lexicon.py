import numpy as np
import pytest

from text_recognizer.decoding.beam_search import ctc_beam_search
from text_recognizer.decoding.lexicon import LexiconScorer, read_words
from text_recognizer.util import UserError

MAPPING = ["<B>", " ", ".", "a", "c", "r", "t", "C"]
WORDS = {"cat", "car", "at", "don't"}


def labels_of(text):
    return [MAPPING.index(character) for character in text]


def added(text, **settings):
    row = LexiconScorer(WORDS, MAPPING, **settings)(labels_of(text))
    return {MAPPING[i]: value for i, value in enumerate(row) if value}


def test_a_word_pays_once_where_no_word_begins_like_it_or_it_ends_too_early():
    assert added("ca", penalty=2) == {"<B>": -2, " ": -2, ".": -2, "a": -2, "c": -2, "C": -2}
    assert added("cat", penalty=2) == dict.fromkeys("acrtC", -2)
    assert added("xcrc".replace("x", "")) == {}, "it has paid"
    assert set(added(". ", penalty=2)) == {"r"}, "t begins the second half of don't"


def test_a_capital_may_begin_a_word():
    assert "C" not in added("at ")
    assert "t" not in added("Ca")


def beam(logits, **settings):
    log_probs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    expect = LexiconScorer(WORDS, MAPPING, **settings)
    return "".join(MAPPING[i] for i in ctc_beam_search(log_probs, 0, expect, expect.context))


def test_a_beam_search_prefers_a_word_that_exists():
    logits = np.full((5, len(MAPPING)), -4.0)
    for step, text in enumerate(["c", "a", "c", " ", "a"]):
        logits[step, MAPPING.index(text)] = 4.0
    logits[2, MAPPING.index("t")] = 3.0
    assert beam(logits, penalty=0) == "cac a"
    assert beam(logits, penalty=2) == "cat a"


def test_another_expectation_is_added():
    row = LexiconScorer(WORDS, MAPPING, lambda labels: np.full(len(MAPPING), len(labels)), context=3)
    assert row.context >= 3
    assert row(labels_of("cat"))[MAPPING.index(" ")] == 3


def test_the_first_column_of_a_file_is_the_word(tmp_path):
    (tmp_path / "lex.txt").write_text("cat ▁c at\n\nat ▁at\n", encoding="utf-8")
    assert read_words(tmp_path / "lex.txt") == {"cat", "at"}
    (tmp_path / "lex.txt").write_text("\n")
    with pytest.raises(UserError, match="no word in it"):
        read_words(tmp_path / "lex.txt")
    with pytest.raises(UserError, match="not a list of words"):
        read_words(tmp_path / "none.txt")
