"""What n-grams add when a text goes on."""

import numpy as np

from text_recognizer.decoding.fusion_scorer import FusionScorer
from text_recognizer.decoding.ngrams import NGrams

MAPPING = ["<B>", "<P>", "a", "b", " ", "z", "\n"]
NGRAMS = NGrams.count(["a ba ba b"], "ab ", order=3)


def test_it_adds_the_weighted_logarithm_and_a_bonus_for_each_character():
    expect = FusionScorer(NGRAMS, MAPPING, weight=0.5, bonus=2.0)
    a, b, space = NGRAMS.log_probs("a")
    np.testing.assert_allclose(expect([2])[[2, 3, 4]], 0.5 * np.array([a, b, space]) + 2)


def test_special_tokens_are_never_expected_and_unknown_characters_seldom():
    added = FusionScorer(NGRAMS, MAPPING)([])
    assert np.isneginf(added[[0, 1]]).all()
    assert np.isfinite(added[5])


def test_a_newline_is_a_space_both_as_what_comes_and_as_what_was():
    expect = FusionScorer(NGRAMS, MAPPING)
    assert expect([2])[6] == expect([2])[4]
    np.testing.assert_array_equal(expect([2, 6]), expect([2, 4]))


def test_it_wants_to_see_as_much_as_the_n_grams_are_long():
    assert FusionScorer(NGRAMS, MAPPING).context == 2


def test_a_decoder_may_end_after_any_text():
    scorer = FusionScorer(NGRAMS, MAPPING, weight=0.5, bonus=2.0)
    scores = scorer.after([3, 2, 4, 2], end=1)
    assert scores[1] == 0
    np.testing.assert_array_equal(np.delete(scores, 1), np.delete(scorer([4, 2]), 1))
