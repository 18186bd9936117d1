"""Scores the characters of a beam search with a language model (shallow fusion).

Letters in this file: V characters, C classes.
"""

from collections.abc import Sequence

import numpy as np

from text_recognizer.decoding.ngrams import NGrams
from text_recognizer.vocabulary import NEWLINE

# The best on validation lines of IAM, with training/language/tune_ngrams.py.
WEIGHT = 0.7  # of the language model
BONUS = 1.5  # of insertion


class FusionScorer:
    """Scores the next label of a prefix for shallow fusion in `ctc_beam_search`.

    A newline counts as a space, because a line may end at any space. A character that the n-grams do not know has the
    probability 1 / V.

    Parameters
    ----------
    ngrams
        The language model.
    mapping
        The text of each of the C classes.
    weight
        Weight of the language model's log probabilities; those of the image have 1.
    bonus
        Insertion bonus, added for each character: without it short texts would win.
    """

    def __init__(self, ngrams: NGrams, mapping: Sequence[str], weight: float = WEIGHT, bonus: float = BONUS) -> None:
        self.ngrams = ngrams
        self.weight = weight
        self.bonus = bonus
        self.texts = [token if token != NEWLINE else " " for token in mapping]
        self.is_known = np.array([text in ngrams.digit_of for text in self.texts])
        self.is_new = np.array([len(text) == 1 for text in self.texts]) & ~self.is_known
        self.columns = [ngrams.digit_of[text] - 1 for text in self.texts if text in ngrams.digit_of]

    @property
    def context(self) -> int:
        """Number of labels that it takes."""
        return self.ngrams.order - 1

    def __call__(self, labels: list[int]) -> np.ndarray:
        """Return the score of each class after these labels, (C,); minus infinity for what is not a character."""
        added = np.full(len(self.texts), -np.inf)
        log_probs = self.ngrams.log_probs("".join(self.texts[label] for label in labels))
        added[self.is_known] = self.weight * log_probs[self.columns] + self.bonus
        added[self.is_new] = self.bonus - self.weight * np.log(len(self.ngrams.characters))
        return added

    def after(self, labels: list[int], end: int) -> np.ndarray:
        """Return the scores (C,) after all labels of a text, for a decoder; the end token has the score 0."""
        scores = self(labels[-self.context :] if self.context else [])
        scores[end] = 0.0
        return scores
