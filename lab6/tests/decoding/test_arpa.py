"""ARPA files, against a file worked out by hand, our own n-grams, and KenLM where it is installed."""

import math
import random

import numpy as np
import pytest

from text_recognizer.decoding.arpa import ArpaScorer, read_arpa, write_arpa
from text_recognizer.decoding.beam_search import ctc_beam_search
from text_recognizer.decoding.fusion_scorer import FusionScorer
from text_recognizer.decoding.ngrams import NGrams
from text_recognizer.util import UserError

# After a, b has 0.8; what else follows has 0.4 times its own probability. After b everything has its own.
BY_HAND = """
\\data\\
ngram 1=6
ngram 2=1

\\1-grams:
-99\t<s>\t0
-99\t</s>
-2\t<unk>
-0.30103\ta\t-0.39794
-0.60206\tb\t0
-0.60206\t\u2581\t0

\\2-grams:
-0.09691\ta b

\\end\\
"""
TEXT = ["the cat sat on the mat", "a hat and a cat", "the that then there", "at the end"] * 3
CHARACTERS = " abcdehnmorst"


@pytest.fixture
def by_hand(tmp_path):
    (tmp_path / "hand.arpa").write_text(BY_HAND, encoding="utf-8")
    return read_arpa(tmp_path / "hand.arpa")


@pytest.fixture(scope="module")
def ngrams():
    return NGrams.count(TEXT, CHARACTERS, 4)


def contexts(num=200):
    rng = random.Random(0)
    texts = [" ".join(TEXT)[i : i + rng.randrange(6)] for i in range(0, num, 2)]
    return texts + ["".join(rng.choices(CHARACTERS, k=rng.randrange(6))) for _ in range(num // 2)]


@pytest.mark.parametrize(
    ("tokens", "probability"),
    [("a", 0.5), ("b", 0.25), ("ab", 0.5 * 0.8), ("aa", 0.5 * 0.4 * 0.5), ("ba", 0.25 * 0.5), ("x", 0.01), ("", 1.0)],
)
def test_values_are_those_worked_out_by_hand(by_hand, tokens, probability):
    assert 10 ** by_hand.score(list(tokens)) == pytest.approx(probability, rel=1e-4)


def test_our_n_grams_survive_being_written_and_read(tmp_path, ngrams):
    write_arpa(ngrams, tmp_path / "some.arpa")
    arpa = read_arpa(tmp_path / "some.arpa")
    assert arpa.order == 4
    tokens = ["▁" if character == " " else character for character in CHARACTERS]
    for context in contexts():
        ours = ngrams.log_probs(context) / math.log(10)
        read = [arpa.log_prob(token, context.replace(" ", "▁")) for token in tokens]
        np.testing.assert_allclose(read, ours, atol=1e-5)


def test_kenlm_finds_the_same_values(tmp_path, ngrams):
    kenlm = pytest.importorskip("kenlm", reason="KenLM is compiled, and no requirement: pip install kenlm")
    write_arpa(ngrams, tmp_path / "some.arpa")
    (tmp_path / "hand.arpa").write_text(BY_HAND, encoding="utf-8")
    for name, texts in (("some", [text for text in contexts() if text]), ("hand", ["ab", "aba", "bba a"])):
        theirs, ours = kenlm.Model(str(tmp_path / f"{name}.arpa")), read_arpa(tmp_path / f"{name}.arpa")
        for text in texts:
            tokens = list(text.replace(" ", "▁"))
            assert ours.score(tokens) == pytest.approx(theirs.score(" ".join(tokens), bos=False, eos=False), abs=1e-4)


def test_a_beam_search_finds_the_same_with_the_file_as_with_the_counts(tmp_path, ngrams):
    write_arpa(ngrams, tmp_path / "some.arpa")
    mapping = ["<B>", *CHARACTERS]
    expectations = FusionScorer(ngrams, mapping), ArpaScorer(read_arpa(tmp_path / "some.arpa"), mapping)
    assert expectations[0].context == expectations[1].context == 3
    rng = np.random.default_rng(0)
    for _ in range(3):
        logits = 2 * rng.normal(size=(12, len(mapping)))
        log_probs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        one, other = (ctc_beam_search(log_probs, 0, expect, expect.context) for expect in expectations)
        assert one == other


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("\\end\\", ""), "not a whole ARPA file"),
        (("ngram 2=1", "ngram 2=2"), "not a whole ARPA file"),
        (("\ta b", "\ta"), r"row 15: .* is no row of an ARPA file"),
        (("-0.09691", "much"), "is no row of an ARPA file"),
    ],
)
def test_broken_files_are_refused(tmp_path, change, message):
    (tmp_path / "some.arpa").write_text(BY_HAND.replace(*change), encoding="utf-8")
    with pytest.raises(UserError, match=message):
        read_arpa(tmp_path / "some.arpa")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"some\.arpa: not an ARPA file"):
        read_arpa(tmp_path / "some.arpa")
