"""Edits between a reference and a prediction: of characters, of words, and confusions."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein


class Part(NamedTuple):
    """A stretch of two aligned texts.

    `kind` is "equal", "replace" (as many characters on both sides), "delete" (the hypothesis lacks the stretch) or
    "insert" (the reference does).
    """

    kind: str
    reference: str
    hypothesis: str


def char_edits(reference: str, hypothesis: str) -> int:
    """Return the least number of characters to insert, delete or replace that turns one text into the other."""
    return Levenshtein.distance(reference, hypothesis)


def word_edits(reference: str, hypothesis: str) -> int:
    """Return the same for words, which white space separates: `end.` and `end` are different words."""
    return Levenshtein.distance(reference.split(), hypothesis.split())


def align(reference: str, hypothesis: str) -> list[Part]:
    """Lay two texts beside each other with as few edits as possible; where several ways tie, one of them."""
    codes = Levenshtein.opcodes(reference, hypothesis)
    return [Part(c.tag, reference[c.src_start : c.src_end], hypothesis[c.dest_start : c.dest_end]) for c in codes]


def confusions(pairs: Iterable[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """Count over all pairs (reference, hypothesis) which character was read for which; "" stands for no character."""
    counts: Counter[tuple[str, str]] = Counter()
    for reference, hypothesis in pairs:
        for op in Levenshtein.editops(reference, hypothesis):
            counts[
                reference[op.src_pos] if op.tag != "insert" else "",
                hypothesis[op.dest_pos] if op.tag != "delete" else "",
            ] += 1
    return counts
