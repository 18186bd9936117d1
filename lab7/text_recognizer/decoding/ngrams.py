"""A language model of character n-grams with modified Kneser-Ney smoothing.

It is our own: KenLM needs a compiler, and NLTK's model of this kind is too slow for a beam search.

Letters in this file: n order, V characters, K different sequences of one length.
"""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np

from text_recognizer.checked_arrays import BadArrays, Expected, read_arrays
from text_recognizer.util import UserError, write_atomically

FORMAT = 1  # of the file
STORED = {  # in the file; of the last two one for each length
    "format": Expected("iu", 0),
    "characters": Expected("U", 0),
    "steps_": Expected("iu", 1),
    "counts_": Expected("iu", 1),
}
NOT_ONE = 0  # the code of a character that the model does not know
NUM_CACHED = 16_384  # contexts whose probabilities are kept, 13 MB at most: a page asks for about 2,000
MAX_DISCOUNTED = 3  # larger counts have the same discount


class NGrams:
    """Character n-grams with interpolated, modified Kneser-Ney smoothing.

    After a context h the character c has the probability (count(hc) - discount + rest(h) p(c | h')) / count(h), where
    h' is h without its first character and rest(h) is the sum of the discounts. There are three discounts, for counts
    of 1, of 2 and of 3 or more; each is estimated from the number of sequences with these counts. In the shorter
    contexts the count of a sequence is not its frequency but the number of different characters that precede it: "u" is
    common, but often only after "q" (S. Chen and J. Goodman, "An Empirical Study of Smoothing Techniques for Language
    Modeling", 1999, section 3). On English this needs a tenth fewer bits than the smoothing of Witten and Bell.

    A sequence is stored as a number with V + 1 digits. The numbers are sorted, so all sequences that begin with h are
    neighbours.

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
        self.cached = lru_cache(maxsize=NUM_CACHED)(self._log_probs)  # those asked for last

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
            The texts to count in.
        characters
            The alphabet; sequences with any other character are left out.
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
        return self.cached(context)

    def bits_per_character(self, text: str) -> float:
        """Return the cross entropy of a text: the mean of -log2 of each character's probability."""
        found = [(self.log_probs(text[:i][-self.order :]), self.digit_of[text[i]] - 1) for i in range(len(text))]
        return -float(np.mean([log_probs[i] for log_probs, i in found])) / float(np.log(2))

    def _log_probs(self, context: str) -> np.ndarray:
        return np.log(self._probs(context))

    def _probs(self, context: str) -> np.ndarray:
        probs = np.full(len(self.characters), 1 / len(self.characters))
        for length in range(len(context) + 1):  # from the shortest context to the longest, which backs off to it
            code = 0
            for character in context[len(context) - length :]:
                code = code * self.base + self.digit_of.get(character, NOT_ONE)
            start, end = np.searchsorted(self.codes[length], (code * self.base, (code + 1) * self.base))
            if start == end:
                break  # a context that was never seen was not seen in a longer one either
            weights = self.weights[length][start:end]
            discounts = self.discounts[length][weights.clip(max=MAX_DISCOUNTED)]
            probs = probs * discounts.sum()
            probs[self.codes[length][start:end] - code * self.base - 1] += weights - discounts
            probs /= weights.sum()
        return probs

    def texts(self, length: int) -> list[str]:
        """Return the sequences of a length that were seen, in the order of their codes."""
        codes, parts = self.codes[length - 1], []
        for _ in range(length):
            codes, digits = np.divmod(codes, self.base)
            parts.append(digits - 1)
        return ["".join(self.characters[digit] for digit in row) for row in np.stack(parts[::-1], axis=1).tolist()]

    def backoff(self, context: str) -> float:
        """Return the backoff weight of a context: the share of probability that the shorter context distributes.

        It is 1 where nothing was seen after the context.
        """
        length = len(context)
        code = 0
        for character in context:
            code = code * self.base + self.digit_of.get(character, NOT_ONE)
        start, end = np.searchsorted(self.codes[length], (code * self.base, (code + 1) * self.base))
        if start == end:
            return 1.0
        weights = self.weights[length][start:end]
        return float(self.discounts[length][weights.clip(max=MAX_DISCOUNTED)].sum() / weights.sum())

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
            arrays = read_arrays(filename, STORED)
            if arrays["format"] != FORMAT:
                raise BadArrays(f"format {arrays['format']}, expected {FORMAT}")
            orders = range(1, sum(name.startswith("steps_") for name in arrays) + 1)
            codes = [arrays[f"steps_{length}"].astype(np.int64).cumsum() for length in orders]
            counts = [arrays[f"counts_{length}"].astype(np.int64) for length in orders]
            characters = str(arrays["characters"])
            _check(characters, codes, counts)
            return cls(characters, codes, counts)
        except (OSError, KeyError, BadArrays) as error:
            raise UserError(
                f"{filename}: not a language model ({error}). Type: python training/language/count_ngrams.py"
            ) from None


def _check(characters: str, codes: list[np.ndarray], counts: list[np.ndarray]) -> None:
    """Refuse codes that are not sequences of these characters: they would give wrong scores without an error."""
    base, below = len(characters) + 1, np.zeros(1, dtype=np.int64)
    if not characters or len(set(characters)) < len(characters):
        raise BadArrays(f"{len(characters)} characters, expected each once")
    if base ** len(codes) > np.iinfo(np.int64).max:
        raise BadArrays(f"sequences of {len(codes)} of {len(characters)} characters, too many to tell apart")
    for length, (of_length, num) in enumerate(zip(codes, counts, strict=True), 1):
        is_rising = len(of_length) > 0 and of_length[0] > 0 and (np.diff(of_length) > 0).all()
        if not is_rising or of_length[-1] >= base**length or len(num) != len(of_length) or num.min() < 1:
            raise BadArrays(f"its {length}-grams are no counted sequences of its {len(characters)} characters")
        for parts in (of_length // base, of_length % base ** (length - 1)):  # without the last one, and the first
            places = np.searchsorted(below, parts).clip(max=len(below) - 1)
            if (below[places] != parts).any():
                raise BadArrays(f"parts of its {length}-grams are missing")
        below = of_length


def _num_before(codes: np.ndarray, longer: np.ndarray, base: int) -> np.ndarray:
    """Return the number of different characters that precede each sequence (K,), at least 1."""
    shorter, num = np.unique(longer % base, return_counts=True)
    found = np.ones_like(codes)
    found[np.searchsorted(codes, shorter)] = num
    return found


def _discounts(weights: np.ndarray) -> np.ndarray:
    """Return the discounts of counts of 0, 1, 2, and 3 or more (Chen and Goodman 1999, equation 17)."""
    ones, twos, *_ = num = [int((weights == weight).sum()) for weight in range(1, MAX_DISCOUNTED + 2)]
    share = ones / max(1, ones + 2 * twos)
    discounts = [i - (i + 1) * share * num[i] / max(1, num[i - 1]) for i in range(1, MAX_DISCOUNTED + 1)]
    return np.array([0.0, *np.clip(discounts, 0.01, np.arange(1, MAX_DISCOUNTED + 1) - 0.01)])
