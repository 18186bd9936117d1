"""The language model that counts."""

import numpy as np
import pytest

from text_recognizer.decoding import ngrams
from text_recognizer.decoding.fusion_scorer import FusionScorer
from text_recognizer.decoding.ngrams import NGrams
from text_recognizer.util import UserError


def probs(model, context):
    return dict(zip(model.characters, np.exp(model.log_probs(context)), strict=True))


def test_probabilities_are_those_of_kneser_and_ney():
    model = NGrams.count(["abacabb"], "abc", order=2)  # pairs: ab twice; ba, ac, ca, bb once
    one, two = model.discounts[1][1:3]  # of five kinds four were seen once and one twice: share 4 / 6
    assert (one, two) == pytest.approx((1 - 2 * (4 / 6) * (1 / 4), 2 - 0.01))
    # Alone: a came after b and c, b after a and b, c after a only.
    of_one, of_two = model.discounts[0][1:3]
    rest = (of_one + 2 * of_two) / 3
    alone = {"a": (2 - of_two + rest) / 5, "b": (2 - of_two + rest) / 5, "c": (1 - of_one + rest) / 5}
    assert probs(model, "") == pytest.approx(alone)
    # After a: b twice and c once.
    rest = one + two
    expected = {"a": rest * alone["a"], "b": 2 - two + rest * alone["b"], "c": 1 - one + rest * alone["c"]}
    assert probs(model, "a") == pytest.approx({character: value / 3 for character, value in expected.items()})


def test_what_follows_nothing_is_left_to_the_shorter_context():
    model = NGrams.count(["abac"], "abc", order=2)
    assert probs(model, "c") == probs(model, "")


@pytest.mark.parametrize("context", ["", "t", "th", "xyz", "the cat s", "?", "a?"])
def test_they_add_up_to_one_after_anything(context):
    model = NGrams.count(["the cat sat", "on the mat"], "abcdefghijklmnopqrstuvwxyz ", order=4)
    assert np.exp(model.log_probs(context)).sum() == pytest.approx(1)


def test_only_the_last_characters_count():
    model = NGrams.count(["the cat sat on the mat"], "acehmnost ", order=3)
    assert (model.log_probs("the cat") == model.log_probs("at")).all()


def test_texts_follow_one_another_with_a_space():
    model = NGrams.count(["ab", "ca"], "abc ", order=3)
    assert probs(model, "b ")["c"] == max(probs(model, "b ").values())


def test_a_character_that_it_does_not_know_breaks_a_sequence():
    model = NGrams.count(["a?b"], "ab", order=2)
    assert [len(codes) for codes in model.codes] == [2, 0]


def test_it_foresees_what_it_has_counted():
    model = NGrams.count(["so it goes, "] * 30, "eginost, ", order=6)
    assert model.bits_per_character("so it goes, so it goes") < 2 < model.bits_per_character("tenosig ,e")


def test_it_is_the_same_when_read_back(tmp_path):
    model = NGrams.count(["the cat sat on the mat, and sat, and sat"], "acdehmnost, ", order=5)
    model.save(tmp_path / "model.npz")
    again = NGrams.load(tmp_path / "model.npz")
    assert (again.characters, again.order) == (model.characters, 5)
    for context in ("", "the c", "sat"):
        assert (again.log_probs(context) == model.log_probs(context)).all()


def test_what_is_no_model_is_refused(tmp_path):
    filename = tmp_path / "model.npz"
    with pytest.raises(UserError, match="count_ngrams"):
        NGrams.load(filename)
    filename.write_bytes(b"PK\x03\x04 and nothing more")
    with pytest.raises(UserError, match="not a language model"):
        NGrams.load(filename)
    np.savez(filename, other=np.zeros(3))
    with pytest.raises(UserError, match="not a language model"):
        NGrams.load(filename)


def test_an_order_too_high_for_64_bits_is_refused():
    with pytest.raises(UserError, match="expected 1 to"):
        NGrams.count(["ab"], "ab", order=64)


def test_it_keeps_no_more_contexts_than_it_may_and_reads_the_same(monkeypatch):
    text = "the cat sat on the mat and the hat sat on that cat "
    monkeypatch.setattr(ngrams, "NUM_CACHED", 3)
    forgetful = NGrams.count([text], "acdehmnost ", order=4)
    monkeypatch.undo()
    model = NGrams.count([text], "acdehmnost ", order=4)
    for i in range(len(text)):
        assert (forgetful.log_probs(text[:i]) == model.log_probs(text[:i])).all()
        assert forgetful.cached.cache_info().currsize <= 3
    assert model.cached.cache_info().currsize > 20
    assert model.cached.cache_info().maxsize == ngrams.NUM_CACHED


def test_the_contexts_asked_for_last_are_those_kept(monkeypatch):
    monkeypatch.setattr(ngrams, "NUM_CACHED", 2)
    model = NGrams.count(["abacabb"], "abc", order=2)
    first = model.log_probs("a")
    for context in "baca":
        model.log_probs(context)
    assert model.log_probs("a") is first
    assert model.cached.cache_info().currsize == 2


def test_a_character_that_it_does_not_know_is_as_likely_as_any():
    expect = FusionScorer(NGrams.count(["the cat sat"], "acehst ", order=3), ["<B>", "a", "$"], 0.5, 2.0)
    added = expect([])
    assert added[2] == pytest.approx(2.0 - 0.5 * np.log(7))
    assert added[0] == -np.inf
