"""Where a reading differs from what is written: in characters, in words, and which was taken for which."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein


class Part(NamedTuple):
    """A stretch of two aligned texts.

    `kind` is "equal", "replace" (as many characters on both sides), "delete" (nothing was read) or "insert" (nothing is
    written).
    """

    kind: str
    written: str
    read: str


def char_edits(written: str, read: str) -> int:
    """Return the least number of characters to insert, delete or replace that turns one text into the other."""
    return Levenshtein.distance(written, read)


def word_edits(written: str, read: str) -> int:
    """Return the same for words, which are what stands between white space: `end.` and `end` are two."""
    return Levenshtein.distance(written.split(), read.split())


def align(written: str, read: str) -> list[Part]:
    """Lay two texts beside each other with as few edits as possible; where several ways tie, one of them."""
    codes = Levenshtein.opcodes(written, read)
    return [Part(c.tag, written[c.src_start : c.src_end], read[c.dest_start : c.dest_end]) for c in codes]


def confusions(pairs: Iterable[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """Count over all pairs (written, read) which character was read in place of which; "" stands for none."""
    counts: Counter[tuple[str, str]] = Counter()
    for written, read in pairs:
        for op in Levenshtein.editops(written, read):
            counts[
                written[op.src_pos] if op.tag != "insert" else "",
                read[op.dest_pos] if op.tag != "delete" else "",
            ] += 1
    return counts
