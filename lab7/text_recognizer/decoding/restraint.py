"""A fusion scorer that switches the language model off in numbers, codes and addresses, which it cannot predict.

Letters in this file: C classes.
"""

import re
from collections.abc import Sequence

import numpy as np

from text_recognizer.decoding.fusion_scorer import BONUS, WEIGHT, FusionScorer
from text_recognizer.decoding.ngrams import NGrams

CONTEXT = 24  # labels within which the beginning of the current word is searched
# A word with one of these is a number, a code or an address, whose next characters no language model predicts.
NO_PROSE = re.compile(r"[\d$€£%@\\/_#=<>~|^]|www|http")
FLOOR = 0.0  # least score of a digit or a sign: the score without a language model
QUIET = 0.5  # score of each character where the language model is off: about its average score in prose
PUNCTUATION = "'.,;:!?\"-"  # signs that the language model predicts as well as letters


class RestrainedScorer(FusionScorer):
    """Adds n-gram scores to the log-probability of each class, but never penalises digits and signs.

    N-grams are counted in prose, where digits hardly ever follow letters, and the digits that follow digits come from
    dates. Unrestrained, they would turn the numbers of a letter into more common ones, and nobody would notice. So
    within a word that begins like a number, a code or an address, all characters get the same score; and where such a
    word may begin, the score of digits and signs has a floor. A character that is unknown to the n-grams counts as a
    sign.

    Parameters
    ----------
    ngrams
        The language model.
    mapping
        The text of each of the C classes.
    weight
        The weight of the language model against the image.
    bonus
        The insertion bonus, added for each character: the language model lowers the score of every one, which would
        favour short texts.
    floor
        The least score of a digit or a sign.
    quiet
        The score of each character within a number, a code or an address.
    """

    def __init__(
        self,
        ngrams: NGrams,
        mapping: Sequence[str],
        weight: float = WEIGHT,
        bonus: float = BONUS,
        floor: float = FLOOR,
        quiet: float = QUIET,
    ) -> None:
        super().__init__(ngrams, mapping, weight, bonus)
        self.floor = floor
        is_text = np.array([len(text) == 1 for text in self.texts])
        is_prose = np.array([text.isalpha() or text == " " or text in PUNCTUATION for text in self.texts])
        self.is_sign = is_text & ~(is_prose & self.is_known)
        self.no_language = np.where(is_text, quiet, -np.inf)

    @property
    def context(self) -> int:
        """The number of labels of context that it needs."""
        return max(CONTEXT, super().context)

    def __call__(self, labels: list[int]) -> np.ndarray:
        """Return the score of each class after these labels: (C,); -inf for classes that are no characters."""
        word = "".join(self.texts[label] for label in labels).rpartition(" ")[2]
        if NO_PROSE.search(word):
            return self.no_language
        added = super().__call__(labels)
        added[self.is_sign] = np.maximum(added[self.is_sign], self.floor)
        return added
