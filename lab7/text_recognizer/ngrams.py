"""How likely a character is after those before it: a language model that is small, quick and made by counting.

Letters in this file: n order, V characters, K different sequences of one length.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from text_recognizer.util import UserError, write_atomically

FORMAT = 1  # of the file
NOT_ONE = 0  # the code of what is none of the characters
WEIGHT, BONUS = 0.7, 1.5  # the best of those tried on validation lines of IAM, with training/tune_ngrams.py
MAX_DISCOUNTED = 3  # larger weights are discounted by as much


class NGrams:
    """Character n-grams with interpolated, modified Kneser-Ney smoothing.

    After a context h the character c has the probability (count(hc) - discount + rest(h) p(c | h')) / count(h), where
    h' is h without its first character and rest(h) is the sum of what was discounted. The discount is another one for
    counts of 1, of 2 and of more, worked out from how many sequences have these counts. What counts in the shorter
    contexts is not how often a sequence was seen but behind how many different characters: "q" is rare, but hardly
    anything comes before "u" more often (S. Chen and J. Goodman, "An Empirical Study of Smoothing Techniques for
    Language Modeling", 1999, section 3). On English it needs a tenth fewer bits than the smoothing of Witten and Bell.

    The sequences are numbers in a system with V + 1 digits, and are kept in order: all that begin with h lie side by
    side.

    Parameters
    ----------
    characters
        The V characters that it knows.
    codes
        For each length 1 to n the sequences that were seen, (K,) int64 in ascending order.
    counts
        How often each was seen, (K,).
    """

    def __init__(self, characters: str, codes: list[np.ndarray], counts: list[np.ndarray]) -> None:
        self.characters = characters
        self.codes = codes
        self.counts = counts
        self.digit_of = {character: digit for digit, character in enumerate(characters, start=1)}
        self.base = len(characters) + 1
        self.weights = [
            _num_before(codes[length - 1], longer, self.base**length) for length, longer in enumerate(codes[1:], 1)
        ]
        self.weights.append(counts[-1])
        self.discounts = [_discounts(weights) for weights in self.weights]
        self.known: dict[str, np.ndarray] = {}

    @property
    def order(self) -> int:
        """n: a character depends on the n - 1 before it."""
        return len(self.codes)

    @classmethod
    def count(cls, texts: Iterable[str], characters: str, order: int) -> "NGrams":
        """Count the sequences in texts that follow one another.

        Parameters
        ----------
        texts
            What to count.
        characters
            The characters to know; sequences with any other are left out.
        order
            n.
        """
        base = len(characters) + 1
        if order < 1 or base**order > np.iinfo(np.int64).max:
            raise UserError(f"order {order}: expected 1 to {int(63 / np.log2(base))} with {len(characters)} characters")
        digit_of = np.zeros(0x110000, dtype=np.int64)
        digit_of[[ord(character) for character in characters]] = np.arange(1, base)
        digits = digit_of[np.frombuffer(" ".join(texts).encode("utf-32-le"), dtype=np.uint32)]
        codes, counts = [], []
        sequences, is_known = np.zeros_like(digits), np.ones(len(digits), dtype=bool)
        for length in range(1, order + 1):
            if length > 1:
                sequences, is_known = sequences[:-1], is_known[:-1]
            new = digits[length - 1 :]
            sequences, is_known = sequences * base + new, is_known & (new != NOT_ONE)
            code, num = np.unique(sequences[is_known], return_counts=True)
            codes.append(code)
            counts.append(num)
        return cls(characters, codes, counts)

    def log_probs(self, context: str) -> np.ndarray:
        """Return the logarithms of the probabilities of the V characters after a context of any length: (V,)."""
        context = context[-(self.order - 1) :] if self.order > 1 else ""
        if context not in self.known:
            self.known[context] = np.log(self._probs(context))
        return self.known[context]

    def bits_per_character(self, text: str) -> float:
        """Return how well it foresees a text: the mean of -log2 of each character's probability."""
        found = [(self.log_probs(text[:i][-self.order :]), self.digit_of[text[i]] - 1) for i in range(len(text))]
        return -float(np.mean([log_probs[i] for log_probs, i in found])) / float(np.log(2))

    def _probs(self, context: str) -> np.ndarray:
        probs = np.full(len(self.characters), 1 / len(self.characters))
        for length in range(len(context) + 1):  # the shorter context first: each leans on the one before
            code = 0
            for character in context[len(context) - length :]:
                code = code * self.base + self.digit_of.get(character, NOT_ONE)
            start, end = np.searchsorted(self.codes[length], (code * self.base, (code + 1) * self.base))
            if start == end:
                break  # what was never seen was not seen with more in front of it either
            weights = self.weights[length][start:end]
            discounts = self.discounts[length][weights.clip(max=MAX_DISCOUNTED)]
            probs = probs * discounts.sum()
            probs[self.codes[length][start:end] - code * self.base - 1] += weights - discounts
            probs /= weights.sum()
        return probs

    def save(self, filename: Path) -> None:
        """Write everything into one .npz file, whole or not at all."""
        arrays: dict[str, np.ndarray] = {"format": np.array(FORMAT), "characters": np.array(self.characters)}
        for length, (codes, counts) in enumerate(zip(self.codes, self.counts, strict=True), start=1):
            arrays[f"steps_{length}"] = np.diff(codes, prepend=0)  # small numbers, which are packed better
            arrays[f"counts_{length}"] = counts.astype(np.min_scalar_type(int(counts.max(initial=0))))
        with write_atomically(filename) as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]

    @classmethod
    def load(cls, filename: Path) -> "NGrams":
        """Read what `save` wrote.

        Raises
        ------
        UserError
            If there is no such file, or it is something else.
        """
        try:
            with np.load(filename, allow_pickle=False) as file:
                orders = range(1, sum(name.startswith("steps_") for name in file.files) + 1)
                if file["format"] != FORMAT:
                    raise ValueError(f"format {file['format']}, expected {FORMAT}")
                codes = [file[f"steps_{length}"].cumsum() for length in orders]
                counts = [file[f"counts_{length}"].astype(np.int64) for length in orders]
                return cls(str(file["characters"]), codes, counts)
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise UserError(
                f"{filename}: not a language model ({error}). Type: python training/count_ngrams.py"
            ) from None


def _num_before(codes: np.ndarray, longer: np.ndarray, base: int) -> np.ndarray:
    """Return behind how many different characters each sequence (K,) was seen, at least 1: the text's first."""
    shorter, num = np.unique(longer % base, return_counts=True)
    found = np.ones_like(codes)
    found[np.searchsorted(codes, shorter)] = num
    return found


def _discounts(weights: np.ndarray) -> np.ndarray:
    """Return what is taken off a weight of 0, 1, 2, and 3 or more (Chen and Goodman 1999, equation 17)."""
    ones, twos, *_ = num = [int((weights == weight).sum()) for weight in range(1, MAX_DISCOUNTED + 2)]
    share = ones / max(1, ones + 2 * twos)
    discounts = [i - (i + 1) * share * num[i] / max(1, num[i - 1]) for i in range(1, MAX_DISCOUNTED + 1)]
    return np.array([0.0, *np.clip(discounts, 0.01, np.arange(1, MAX_DISCOUNTED + 1) - 0.01)])


class Expectation:
    """What n-grams add to the logarithm of each class's probability when a text goes on: for `ctc_beam_search`.

    A line may end at any space: for the language a newline is one.

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
    """

    def __init__(self, ngrams: NGrams, mapping: Sequence[str], weight: float = WEIGHT, bonus: float = BONUS) -> None:
        self.ngrams, self.weight, self.bonus = ngrams, weight, bonus
        self.texts = [token if token != "\n" else " " for token in mapping]
        self.is_known = np.array([text in ngrams.digit_of for text in self.texts])
        self.columns = [ngrams.digit_of[text] - 1 for text in self.texts if text in ngrams.digit_of]

    @property
    def context(self) -> int:
        """How many labels it wants to see."""
        return self.ngrams.order - 1

    def __call__(self, labels: list[int]) -> np.ndarray:
        """Return what is added for each class after these labels: (C,); never a class that is no character."""
        added = np.full(len(self.texts), -np.inf)
        log_probs = self.ngrams.log_probs("".join(self.texts[label] for label in labels))
        added[self.is_known] = self.weight * log_probs[self.columns] + self.bonus
        return added
