"""N-grams of word pieces, with the very code that counts characters.

`NGrams` knows characters only. So each piece gets a character of its own, from the area of Unicode that is set aside
for private use, and back.
"""

from collections.abc import Iterable, Sequence

from text_recognizer.decoding.fusion_scorer import BONUS, WEIGHT, FusionScorer
from text_recognizer.decoding.ngrams import NGrams
from text_recognizer.util import UserError

FIRST, LAST = 0xE000, 0xF8FF  # the private use area


def signs(num_pieces: int) -> str:
    """Return a character for each piece.

    Raises
    ------
    UserError
        If there are more pieces than such characters.
    """
    most = LAST - FIRST + 1
    if num_pieces > most:
        raise UserError(f"{num_pieces} word pieces: expected {most} at most, for n-grams")
    return "".join(map(chr, range(FIRST, FIRST + num_pieces)))


def count_pieces(rows: Iterable[Sequence[int]], num_pieces: int, order: int) -> NGrams:
    """Count n-grams in rows of numbers of pieces; none reaches from one row into the next."""
    known = signs(num_pieces)
    return NGrams.count(("".join(known[number] for number in row) for row in rows), known, order)


def piece_scorer(
    ngrams: NGrams, mapping: Sequence[str], num_special: int, weight: float = WEIGHT, bonus: float = BONUS
) -> FusionScorer:
    """Return what n-grams of pieces add when a text goes on; the classes are special tokens, then the pieces in order.

    Raises
    ------
    UserError
        If the n-grams are not of as many pieces.
    """
    if ngrams.characters != signs(len(mapping) - num_special):
        raise UserError(
            f"n-grams of {len(ngrams.characters)} signs for {len(mapping) - num_special} word pieces: expected those "
            "that count_ngrams --word_pieces counted with the same file"
        )
    return FusionScorer(ngrams, [*mapping[:num_special], *ngrams.characters], weight, bonus)
