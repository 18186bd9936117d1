import codecs
import os
import string
import urllib.request
import zipfile
from collections import Counter

import nltk
import numpy as np
import pytest

from text_recognizer.data import sentence_generator
from text_recognizer.data.sentence_generator import (
    SentenceGenerator,
    blocked_words,
    download_brown,
    load_words,
    split_words,
    text_source,
)
from text_recognizer.util import UserError
from text_recognizer.vocabulary import INDEX_OF

WORDS = ("the", "letter", "came", "on", "a", "Tuesday", "folded", "twice", "and", "written", "in", "two", "hands")
TAGGED = """

\tThe/at jury/nn 's/pos ``/`` own/jj ''/'' hand/nn ./.


\tIt/pps was/bedz 1961/cd --/-- well-known/jj ./.
"""


@pytest.fixture(autouse=True)
def brown(tmp_path, monkeypatch):
    monkeypatch.setattr(nltk.data, "path", [])
    monkeypatch.setattr(sentence_generator, "NLTK_DIRNAME", tmp_path / "nltk")
    monkeypatch.setattr(sentence_generator, "BROWN_FILENAME", tmp_path / "nltk" / "corpora" / "brown.zip")
    return tmp_path / "nltk" / "corpora" / "brown.zip"


@pytest.fixture
def prose(tmp_path, monkeypatch):
    monkeypatch.setattr(sentence_generator, "PROSE_FILENAME", tmp_path / "prose.txt")
    return tmp_path / "prose.txt"


def write_zip(filename, members, compression=zipfile.ZIP_DEFLATED):
    filename.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(filename, "w", compression) as archive:
        archive.writestr("brown/", "")
        for name, content in members.items():
            archive.writestr(f"brown/{name}", content)


def drawn(generator, max_length, num=300, seed=0):
    rng = np.random.default_rng(seed)
    return [generator.generate(max_length, rng) for _ in range(num)]


@pytest.mark.parametrize("max_length", [7, 8, 16, 32, 1000])
def test_a_run_is_of_whole_words_in_order_and_never_too_long(max_length):
    whole = f" {' '.join(WORDS)} "
    for text in drawn(SentenceGenerator(WORDS), max_length):
        assert 1 <= len(text) <= max_length
        assert f" {text} " in whole


@pytest.mark.parametrize(
    ("max_length", "expected"), [(2, {1}), (4, {1}), (5, {1, 2}), (8, {1, 2, 3}), (10, {1, 2, 3}), (11, {1, 2, 3, 4})]
)
def test_every_number_of_words_that_fits_comes_as_often(max_length, expected):
    counts = Counter(text.count(" ") + 1 for text in drawn(SentenceGenerator(("ab",) * 1000), max_length))
    assert counts.keys() == expected
    assert min(counts.values()) > 0.7 * 300 / len(expected)


def test_a_run_may_begin_with_any_word_and_end_with_any():
    texts = drawn(SentenceGenerator(WORDS), 32, num=1000)
    assert {text.split()[0] for text in texts} == set(WORDS)
    assert {text.split()[-1] for text in texts} == set(WORDS)


def test_the_whole_text_comes_where_it_fits():
    words = ("one", "two", "three")
    assert "one two three" in drawn(SentenceGenerator(words), len("one two three"))
    assert "one two three" not in drawn(SentenceGenerator(words), len("one two three") - 1)


def test_words_that_are_too_long_are_passed_over():
    assert set(drawn(SentenceGenerator(("a", "incomprehensibility") * 10), 5)) == {"a"}


def test_the_seed_decides_the_runs():
    generator = SentenceGenerator(WORDS)
    assert drawn(generator, 32, seed=1) == drawn(generator, 32, seed=1)
    assert drawn(generator, 32, seed=1) != drawn(generator, 32, seed=2)


@pytest.mark.parametrize("max_length", [0, 1, 2])
def test_where_no_word_fits_the_error_says_so(max_length):
    with pytest.raises(UserError, match=f"max_length={max_length} is too short"):
        SentenceGenerator(("all", "are", "longer")).generate(max_length, np.random.default_rng(0))


def test_without_brown_words_come_from_our_own_prose():
    assert text_source() == sentence_generator.PROSE_FILENAME
    text = sentence_generator.PROSE_FILENAME.read_text()
    words = load_words()
    assert " ".join(words[:8]) == "The letter came on a Tuesday folded twice"
    assert len(words) > 0.95 * len(text.split())


def test_our_own_prose_is_letters_and_digits_in_the_vocabulary():
    characters = set("".join(load_words()))
    assert characters <= set(string.ascii_letters + string.digits) <= INDEX_OF.keys()
    assert all(drawn(SentenceGenerator(), 8, num=100))


def test_punctuation_is_left_out(prose):
    prose.write_text("Well, don't -- the (3rd) well-known “é” hand…\nYes!\n")
    assert load_words() == ("Well", "dont", "the", "3rd", "wellknown", "hand", "Yes")


# Below, what is asserted is a bare bool: where it fails, pytest prints no blocked word.
def test_there_are_blocked_words_in_lower_case():
    num_blocked = len(blocked_words())
    are_lower_case = [word.isalpha() and word == word.lower() for word in blocked_words()]
    assert num_blocked > 20
    assert all(are_lower_case)


def test_blocked_words_are_not_to_be_read_in_the_file():
    is_unreadable = blocked_words().isdisjoint(sentence_generator.BLOCKED_FILENAME.read_text().split())
    assert is_unreadable


def test_nothing_is_drawn_from_our_own_prose_with_a_blocked_word():
    is_clean = blocked_words().isdisjoint(word.lower() for word in load_words())
    assert is_clean


@pytest.mark.parametrize("change", [str.lower, str.upper, str.title])
@pytest.mark.parametrize("form", ["{}", "{}!", "({})", '"{},"', "{}-like", "anti-{}"])
def test_a_sentence_with_a_blocked_word_is_dropped_whole(prose, form, change):
    word = form.format(change(max(blocked_words())))
    prose.write_text(f"We spread the pages.\nThey found {word} between them.\nThe third was missing.\n")
    is_dropped = load_words() == ("We", "spread", "the", "pages", "The", "third", "was", "missing")
    assert is_dropped


def test_every_blocked_word_is_kept_out(prose):
    prose.write_text("\n".join([*sorted(blocked_words()), "nothing else"]))
    are_dropped = load_words() == ("nothing", "else")
    assert are_dropped


# In rot13, as the list is: of the kinds of sentence that Brown has and nobody wants to copy out.
EXPLICIT = [
    "Vg jnf gurve svefg frkhny vagrepbhefr.",
    "Fur fcbxr bs ure betnfzf naq bs abguvat ryfr.",
    "Jung fbeg bs zna fyrrcf jvgu cebfgvghgrf?",
    "Ur qerj ure nf n alzcubznavnp va na betl.",
    "Fvg ba lbhe nff naq jnvg.",
    "Gurl pnyyrq uvz n unys-oerrq naq ure na bpgbebba.",
    "Bar bs gur pbyberqf, ur fnvq, naq n Puvanzna.",
]
ORDINARY = [
    "Serve each breast of chicken on a thin slice of ham.",
    "The climax was an assault on the bare rock, assisted by mules.",
    "In Essex and Sussex a sextet played to the sexton.",
    "She aroused no passion, but he undressed and went to bed.",
    "Buttons, bass drums, cocktails and a coloured glass from Scunthorpe.",
    "The erection of the tower, the rapier and the grape: a savage joke.",
]


@pytest.mark.parametrize("sentence", EXPLICIT)
def test_explicit_and_slurring_sentences_are_dropped(prose, sentence):
    prose.write_text(codecs.decode(sentence, "rot13") + "\nnothing else\n")
    is_dropped = load_words() == ("nothing", "else")
    assert is_dropped


@pytest.mark.parametrize("sentence", ORDINARY)
def test_sentences_with_words_that_look_or_sound_alike_stay(prose, sentence):
    prose.write_text(sentence)
    assert len(load_words()) == len(sentence.split())


def test_brown_is_read_where_it_is_present(brown):
    write_zip(brown, {"ca01": TAGGED, "cr09": "\n\tThe/at end/nn ./.\n", "cats.txt": "ca01 news\n", "README": "No/at"})
    assert text_source() == brown
    assert load_words() == ("The", "jury", "s", "own", "hand", "It", "was", "1961", "wellknown", "The", "end")


def test_a_sentence_of_brown_with_a_blocked_word_is_dropped_whole(brown):
    tagged = f"\n\tA/at pen/nn ./.\n\n\tAn/at {min(blocked_words()).title()}/nn ./.\n\n\tMore/ap ink/nn ./.\n"
    write_zip(brown, {"ca01": tagged, "cats.txt": "ca01 news\n"})
    is_dropped = load_words() == ("A", "pen", "More", "ink")
    assert is_dropped


def test_words_follow_the_source_within_one_process(brown, prose):
    prose.write_text("our own words\n")
    assert load_words() == ("our", "own", "words")
    write_zip(brown, {"ca01": "\n\tBrowns/nn words/nns ./.\n", "cats.txt": "ca01 news\n"})
    assert load_words() == ("Browns", "words")


def test_words_follow_a_source_that_is_edited_within_one_process(prose):
    prose.write_text("our own words\n")
    assert load_words() == ("our", "own", "words")
    prose.write_text("some other words\n")
    os.utime(prose, ns=(1, 1))
    assert load_words() == ("some", "other", "words")


def whole_zip(tmp_path, compression=zipfile.ZIP_DEFLATED):
    write_zip(tmp_path / "whole.zip", {"ca01": TAGGED * 100, "cats.txt": "ca01 news\n"}, compression)
    return (tmp_path / "whole.zip").read_bytes()


def zip_with(tmp_path, name):
    write_zip(tmp_path / "whole.zip", {name: TAGGED})
    return (tmp_path / "whole.zip").read_bytes()


def garbled(content, position, num=40):
    return content[:position] + b"\xff" * num + content[position + num :]


BROKEN = {
    "empty": lambda tmp_path: b"",
    "not a zip": lambda tmp_path: b"something else" * 100,
    "a web page": lambda tmp_path: b"<!doctype html><html>gone</html>",
    "cut in half": lambda tmp_path: whole_zip(tmp_path)[: len(whole_zip(tmp_path)) // 2],
    "garbled within a text": lambda tmp_path: garbled(whole_zip(tmp_path), 120),
    "garbled within an uncompressed text": lambda tmp_path: garbled(whole_zip(tmp_path, zipfile.ZIP_STORED), 2000),
    "another corpus": lambda tmp_path: zip_with(tmp_path, "CONTENTS").replace(b"brown/", b"green/"),
    "no texts in it": lambda tmp_path: zip_with(tmp_path, "CONTENTS"),
}


@pytest.mark.parametrize("wrong", BROKEN)
def test_a_broken_brown_is_named_with_what_to_do(brown, tmp_path, wrong):
    content = BROKEN[wrong](tmp_path)
    brown.parent.mkdir(parents=True)
    brown.write_bytes(content)
    with pytest.raises(UserError) as caught:
        load_words()
    assert str(brown) in str(caught.value)
    assert "Delete it" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_brown_that_is_there_is_not_downloaded(brown, monkeypatch):
    monkeypatch.setattr(urllib.request.OpenerDirector, "open", None)
    write_zip(brown, {"ca01": TAGGED, "cats.txt": "ca01 news\n"})
    assert download_brown() == brown


def test_without_a_network_the_error_says_that_prose_serves(brown, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError("no network here")

    monkeypatch.setattr(urllib.request.OpenerDirector, "open", refuse)
    with pytest.raises(UserError) as caught:
        download_brown()
    for part in ("brown.zip is missing", "no network here", str(brown.parent), "prose serves"):
        assert part in str(caught.value)
    assert load_words()


def test_the_parts_of_the_splits_do_not_overlap_and_leave_nothing_out():
    words = tuple(map(str, range(1_003)))
    parts = split_words(words)
    assert list(parts) == ["train", "val", "test"]
    assert sum(parts.values(), ()) == words
    assert [len(part) for part in parts.values()] == [802, 101, 100]


def test_no_words_at_all_are_refused():
    with pytest.raises(UserError, match="no words to draw from"):
        SentenceGenerator(())
