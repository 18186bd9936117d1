import numpy as np
import pytest

from text_recognizer.decoding.ngrams import NGrams
from text_recognizer.decoding.piece_ngrams import count_pieces, piece_scorer, signs
from text_recognizer.util import UserError

ROWS = [[0, 1, 2], [0, 1], [2, 2, 0, 1]]
MAPPING = ["<B>", "<S>", " the", "ca", "t"]


def test_pieces_are_counted_like_characters():
    pieces, letters = count_pieces(ROWS, 3, 2), NGrams.count(["abc", "ab", "ccab"], "abc", 2)
    assert [counts.tolist() for counts in pieces.counts] == [counts.tolist() for counts in letters.counts]
    np.testing.assert_allclose(pieces.log_probs(signs(3)[0]), letters.log_probs("a"))


def test_what_follows_is_expected_as_classes_of_the_model():
    scorer = piece_scorer(count_pieces(ROWS, 3, 2), MAPPING, 2, weight=1.0, bonus=0.0)
    added = scorer([2])
    assert np.isneginf(added[:2]).all()
    assert added.argmax() == 3, "1 follows 0 most often"
    assert np.exp(added[2:]).sum() == pytest.approx(1)


def test_n_grams_of_other_pieces_are_refused():
    with pytest.raises(UserError, match="n-grams of 4 signs for 3 word pieces"):
        piece_scorer(count_pieces(ROWS, 4, 2), MAPPING, 2)
    with pytest.raises(UserError, match="7000 word pieces: expected 6400 at most"):
        signs(7000)
