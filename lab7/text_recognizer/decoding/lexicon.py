"""Preferring words that exist, in a beam search.

Letters in this file: C classes.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from text_recognizer.util import UserError

PENALTY = 2.0  # natural logarithm: a word outside the lexicon must be so much better on the image
CONTEXT = 32  # labels: no word is longer
Scorer = Callable[[list[int]], np.ndarray]


def read_words(filename: Path) -> set[str]:
    """Read a list of words: the first column of each row, so that a lexicon of word pieces serves too.

    Raises
    ------
    UserError
        If there is no such file, or no word in it.
    """
    try:
        words = {row.split()[0] for row in filename.read_text(encoding="utf-8").splitlines() if row.strip()}
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--lexicon={filename}: not a list of words ({error})") from None
    if not words:
        raise UserError(f"--lexicon={filename}: no word in it: expected one a row")
    return words


class LexiconScorer:
    """Makes a text pay once for each word that is not in a lexicon, as soon as no word begins like it: for
    `ctc_beam_search`.

    A word is a run of letters; other characters end it. A word at the beginning of a sentence may have a capital letter
    that it does not have in the lexicon.

    Parameters
    ----------
    words
        The lexicon.
    mapping
        The text of each of the C classes, single characters.
    scorer
        What else is added, such as a language model; nothing if None.
    context
        How many labels `scorer` wants to see.
    penalty
        What a word outside the lexicon costs; infinite for a closed lexicon.
    """

    def __init__(
        self,
        words: Iterable[str],
        mapping: Sequence[str],
        scorer: Scorer | None = None,
        context: int = 0,
        penalty: float = PENALTY,
    ) -> None:
        if penalty < 0:
            raise UserError(f"penalty {penalty}: expected 0 or more")
        self.mapping, self.scorer, self.penalty = mapping, scorer, penalty
        self.words = {part for word in words for part in _runs(word)}
        self.words |= {word[0].upper() + word[1:] for word in self.words}
        self.prefixes = {word[:i] for word in self.words for i in range(1, len(word) + 1)}
        self.is_letter = np.array([len(text) == 1 and text.isalpha() for text in mapping])
        self.letters = [(i, mapping[i]) for i in np.flatnonzero(self.is_letter).tolist()]
        self.context = max(CONTEXT, context)
        self.seen: dict[str, np.ndarray] = {}  # what each beginning of a word allows; there are as many as prefixes

    def __call__(self, labels: list[int]) -> np.ndarray:
        """Return what is added for each class after these labels: (C,)."""
        added = self._allowed(self._beginning(labels))
        return added if self.scorer is None else added + self.scorer(labels)

    def _beginning(self, labels: list[int]) -> str:
        """Return the letters of the word that the labels end in."""
        start = len(labels)
        while start and self.is_letter[labels[start - 1]]:
            start -= 1
        return "".join(self.mapping[label] for label in labels[start:])

    def _allowed(self, beginning: str) -> np.ndarray:
        if beginning and beginning not in self.prefixes:
            return np.zeros(len(self.mapping))  # it has paid
        if beginning not in self.seen:
            ends = beginning == "" or beginning in self.words
            added = np.where(self.is_letter | ends, 0.0, -self.penalty)
            for i, letter in self.letters:
                if beginning + letter not in self.prefixes:
                    added[i] = -self.penalty
            self.seen[beginning] = added
        return self.seen[beginning]


def _runs(word: str) -> list[str]:
    """Return the runs of letters in a word: "don't" has two."""
    return "".join(character if character.isalpha() else " " for character in word).split()
