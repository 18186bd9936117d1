"""Language models in ARPA files, which other programs (KenLM, SRILM, OpenGrm) write and read.

An ARPA file lists n-grams with the logarithm, to the base 10, of the probability of their last token after the others
and of a back-off weight: after a context h a token c that was not seen there has the probability
backoff(h) p(c | h'), where h' is h without its first token. A space cannot be a token in such a file: "▁" stands for
it.

Letters in this file: n order, C classes.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np

from text_recognizer.decoding.fusion_scorer import BONUS, WEIGHT
from text_recognizer.decoding.ngrams import NGrams
from text_recognizer.util import UserError, write_atomically

SPACE = "\u2581"
BEGIN, END, UNKNOWN = "<s>", "</s>", "<unk>"
NEVER = -99.0  # the logarithm that ARPA files write for a probability of 0
LN_10 = math.log(10)
NUM_REMEMBERED = 50_000  # contexts whose row of probabilities is kept
Gram = tuple[str, ...]


class Entry(NamedTuple):
    """Logarithms to the base 10: of a probability, and of a back-off weight."""

    log_prob: float
    backoff: float = 0.0


class Arpa:
    """A back-off language model.

    Parameters
    ----------
    grams
        The entry of each n-gram that is listed.
    """

    def __init__(self, grams: dict[Gram, Entry]) -> None:
        self.grams = grams
        self.order = max(map(len, grams))

    def log_prob(self, token: str, context: Sequence[str] = ()) -> float:
        """Return log10 of the probability of a token after a context of any length."""
        context = tuple(context)[-(self.order - 1) :] if self.order > 1 else ()
        total = 0.0
        while True:
            if entry := self.grams.get((*context, token)):
                return total + entry.log_prob
            if not context:
                return total + (self.grams[(UNKNOWN,)].log_prob if (UNKNOWN,) in self.grams else NEVER)
            total += self.grams[context].backoff if context in self.grams else 0.0
            context = context[1:]

    def score(self, tokens: Sequence[str]) -> float:
        """Return log10 of the probability of a whole row of tokens, as KenLM does without marks for begin and end."""
        return sum(self.log_prob(token, tokens[:i]) for i, token in enumerate(tokens))


def read_arpa(filename: Path) -> Arpa:
    """Read an ARPA file.

    Raises
    ------
    UserError
        If there is no such file, or it is not whole; the row is named.
    """
    try:
        rows = filename.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{filename}: not an ARPA file ({error})") from None
    grams: dict[Gram, Entry] = {}
    announced: dict[int, int] = {}
    length = 0
    for number, row in enumerate(rows, start=1):
        row = row.strip()
        try:
            if row.startswith("ngram "):
                order, num = row.removeprefix("ngram ").split("=")
                announced[int(order)] = int(num)
            elif row.startswith("\\"):
                length = int(row[1:].partition("-grams:")[0]) if row.endswith("-grams:") else 0
                if row == "\\end\\":
                    break
            elif row and length:
                grams.update([_entry(row, length)])
        except ValueError as error:
            raise UserError(f"{filename}, row {number}: {row[:40]!r} is no row of an ARPA file ({error})") from None
    found = {length: sum(len(gram) == length for gram in grams) for length in announced}
    if not grams or row != "\\end\\" or found != announced:
        raise UserError(f"{filename}: not a whole ARPA file: it announces {announced} n-grams and has {found}")
    return Arpa(grams)


def _entry(row: str, length: int) -> tuple[Gram, Entry]:
    fields = row.split()
    if len(fields) not in (length + 1, length + 2):
        raise ValueError(f"expected a logarithm, {length} tokens, and perhaps a back-off weight")
    backoff = float(fields[length + 1]) if len(fields) == length + 2 else 0.0
    return tuple(fields[1 : length + 1]), Entry(float(fields[0]), backoff)


def write_arpa(ngrams: NGrams, filename: Path, token_of: dict[str, str] | None = None) -> None:
    """Write our n-grams as an ARPA file, whole or not at all.

    Interpolation becomes back-off exactly: what was seen is written with its interpolated probability, and the weight
    of a context is the share that interpolation gives to the shorter one. Our texts have no marks for begin and end;
    the file has them with the probability 0, for KenLM reads no file without.

    Parameters
    ----------
    ngrams
        The language model.
    filename
        The file to write.
    token_of
        What to write for each of its characters; themselves, and "▁" for the space, if None.
    """
    token_of = token_of or {character: SPACE if character == " " else character for character in ngrams.characters}
    entries = list(_entries(ngrams))
    marks = [(NEVER, (BEGIN,), 0.0), (NEVER, (END,), 0.0), (NEVER, (UNKNOWN,), 0.0)]
    rows = [
        *marks,
        *((prob, tuple(token_of[character] for character in text), weight) for prob, text, weight in entries),
    ]
    sections = {length: list(group) for length, group in groupby(rows, key=lambda row: len(row[1]))}
    with write_atomically(filename) as file:
        head = "".join(f"ngram {length}={len(section)}\n" for length, section in sections.items())
        file.write(f"\\data\\\n{head}".encode())
        for length, section in sections.items():
            file.write(f"\n\\{length}-grams:\n".encode())
            for prob, gram, weight in section:
                tail = f"\t{weight:.7g}" if length < ngrams.order else ""
                file.write(f"{prob:.7g}\t{' '.join(gram)}{tail}\n".encode())
        file.write(b"\n\\end\\\n")


def _entries(ngrams: NGrams) -> Iterator[tuple[float, str, float]]:
    """Yield log10 of the probability, the text and log10 of the back-off weight: all characters, then what was seen."""
    for length in range(1, ngrams.order + 1):
        texts = ngrams.texts(length) if length > 1 else list(ngrams.characters)
        for context, group in groupby(texts, key=lambda text: text[:-1]):
            log_probs = ngrams.log_probs(context) / LN_10
            for text in group:
                weight = ngrams.backoff(text) if length < ngrams.order else 1.0
                yield float(log_probs[ngrams.digit_of[text[-1]] - 1]), text, math.log10(weight)


class ArpaScorer:
    """What an ARPA model adds to the logarithm of each class's probability when a text goes on: for `ctc_beam_search`.

    Parameters
    ----------
    arpa
        The language model.
    mapping
        The text of each of the C classes.
    weight
        How much the language counts beside the image.
    bonus
        Added for each token: the language makes every one cost something, and short texts would win.
    """

    def __init__(self, arpa: Arpa, mapping: Sequence[str], weight: float = WEIGHT, bonus: float = BONUS) -> None:
        self.arpa, self.weight, self.bonus = arpa, weight, bonus
        self.tokens = [text.replace(" ", SPACE).replace("\n", SPACE) for text in mapping]
        special = (BEGIN, END, UNKNOWN)
        self.is_known = np.array([(token,) in arpa.grams and token not in special for token in self.tokens])
        self.row = lru_cache(NUM_REMEMBERED)(self._row)

    @property
    def context(self) -> int:
        """How many labels it wants to see."""
        return self.arpa.order - 1

    def __call__(self, labels: list[int]) -> np.ndarray:
        """Return what is added for each class after these labels: (C,); never a class that the model does not know."""
        last = labels[-self.context :] if self.context else []
        return self.row(tuple(self.tokens[label] for label in last))

    def _row(self, context: Gram) -> np.ndarray:
        added = np.full(len(self.tokens), -np.inf)
        known: Iterable[int] = np.flatnonzero(self.is_known).tolist()
        for i in known:
            added[i] = self.weight * LN_10 * self.arpa.log_prob(self.tokens[i], context) + self.bonus
        return added
