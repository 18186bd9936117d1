"""A language model that keeps quiet where language foresees nothing: in numbers, codes and addresses.

Letters in this file: C classes.
"""

import re
from collections.abc import Sequence

import numpy as np

from text_recognizer.decoding.ngrams import BONUS, WEIGHT, FusionScorer, NGrams

CONTEXT = 24  # labels: so far back lies the beginning of a word
# A word that holds one of these is a number, a code or an address, and what follows in it is anybody's guess.
NO_PROSE = re.compile(r"[\d$€£%@\\/_#=<>~|^]|www|http")
FLOOR = 0.0  # what the language adds for a digit or a sign, at least: what is added without a language model
QUIET = 0.5  # what is added for each character where the language keeps quiet: about what it adds on average in prose
PUNCTUATION = "'.,;:!?\"-"  # signs of which the language knows as much as of letters


class RestrainedScorer(FusionScorer):
    """What n-grams add to the logarithm of each class's probability, but not against digits and signs.

    N-grams are counted in prose, where hardly a digit follows a letter, and what follows a digit is what followed it in
    some date. Left alone, they turn the numbers of a letter into more usual ones, which nobody notices. So within a
    word that began like a number, a code or an address, all characters get the same; and where such a word may
    begin, digits and signs are never made less likely than the image has them. A character that the n-grams do not know
    is treated as a sign.

    Parameters
    ----------
    ngrams
        The language model.
    mapping
        The text of each of the C classes.
    weight
        How much the language counts beside the image.
    bonus
        Added for each character: the language makes every one cost something, and short texts would win.
    floor
        What is added for a digit or a sign, at least.
    quiet
        What is added for each character within a number, a code or an address.
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
        """How many labels it wants to see."""
        return max(CONTEXT, super().context)

    def __call__(self, labels: list[int]) -> np.ndarray:
        """Return what is added for each class after these labels: (C,); never a class that is no character."""
        word = "".join(self.texts[label] for label in labels).rpartition(" ")[2]
        if NO_PROSE.search(word):
            return self.no_language
        added = super().__call__(labels)
        added[self.is_sign] = np.maximum(added[self.is_sign], self.floor)
        return added
