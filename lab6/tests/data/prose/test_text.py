import numpy as np
import pytest

from text_recognizer.data.prose import text
from text_recognizer.data.prose.made_up import made_up_sentences
from text_recognizer.data.prose.text import MAX_LENGTH, TextSource, describe_text, fit, join, sentences_of
from text_recognizer.data.sentence_generator import PROSE_FILENAME, blocked_words, is_blocked, text_source
from text_recognizer.vocabulary import CHARACTERS

SPLITS = ("train", "val", "test")


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        ("It was dark .", "It was dark."),
        ("He said , `` Come in '' !", 'He said, "Come in"!'),
        ("A ( small ) house ; old", "A (small) house; old"),
        ("What ? ?", "What?"),
        ("Well -- no", "Well - no"),
        ("in Ky. .", "in Ky."),
        ("'' so he", '" so he'),
    ],
)
def test_tokens_are_put_together_as_people_write_them(tokens, expected):
    assert join(tuple(tokens.split())) == expected


def test_lines_can_be_written_and_labelled():
    for split in SPLITS:
        source = TextSource(split)
        for i in range(200):
            line = source.line(np.random.default_rng(i))
            assert 1 <= len(line) <= MAX_LENGTH
            assert set(line) <= set(CHARACTERS)
            assert line == " ".join(line.split())


def test_lines_have_all_that_iam_has():
    source = TextSource("train")
    written = " ".join(source.line(np.random.default_rng(i)) for i in range(3000))
    assert set(written) == set(CHARACTERS)


def test_each_split_has_its_own_part_of_a_text():
    numbered = tuple(f"s{i} w{i}." for i in range(100))
    words = [set(TextSource(split, numbered).words) for split in SPLITS]
    assert words[0].isdisjoint(words[1] | words[2])
    assert words[1].isdisjoint(words[2])
    assert len(words[0]) > 4 * len(words[1]) > 0


def test_a_paragraph_goes_on_from_line_to_line():
    source = TextSource("train", tuple(f"w{i}" for i in range(1000)))
    lines = source.paragraph(6, np.random.default_rng(3), 40)
    assert 1 <= len(lines) <= 6
    numbers = [int(word[1:]) for line in lines for word in line.split() if word[1:].isdigit() and word[0] == "w"]
    steps = np.diff(numbers)
    assert (steps == 1).mean() > 0.8


def test_made_up_sentences_hold_no_blocked_word_and_stay_the_same():
    assert not any(is_blocked(sentence.split(), blocked_words()) for sentence in made_up_sentences())
    first = made_up_sentences()
    made_up_sentences.cache_clear()
    assert made_up_sentences() == first


def test_without_brown_there_is_more_than_our_prose():
    assert text_source() == PROSE_FILENAME
    sentences = sentences_of("train")
    assert len(set(sentences)) > 1000
    assert any(sentence.startswith("The letter came on a Tuesday") for sentence in sentences)


def test_free_text_leaves_alone_what_else_is_there(tmp_path, monkeypatch):
    other = tmp_path / "other.txt"
    other.write_text("Xylophones vex quizzical judges.\n" * 100)
    monkeypatch.setattr(text, "text_source", lambda: other)
    sentences_of.cache_clear()
    try:
        assert "Xylophones" in TextSource("train").words
        assert "Xylophones" not in TextSource("train", free_text=True).words
    finally:
        sentences_of.cache_clear()
    assert "other.txt" in describe_text()
    assert "prose.txt" in describe_text(free_text=True)


def test_no_split_has_a_sentence_of_another():
    parts = [set(sentences_of(split)) for split in SPLITS]
    assert parts[0].isdisjoint(parts[1] | parts[2])
    assert parts[1].isdisjoint(parts[2])


@pytest.mark.parametrize("length", [86, 87, 88, 200])
def test_a_text_is_cut_between_words(length):
    words = "word " * 60
    cut = fit(words[:length].strip())
    assert len(cut) <= MAX_LENGTH
    assert len(cut) > MAX_LENGTH - 10
    assert fit("x" * length) == "x" * min(length, MAX_LENGTH)
