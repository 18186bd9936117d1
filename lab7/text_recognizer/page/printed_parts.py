"""Decides which parts of a page's lines are print, and takes them out of the lines' strips.

A print finder says for each cell of a strip, eight columns wide, whether it is empty, handwriting or print. Here its
probabilities are summed over words, because a word is one or the other, and the page decides whether print is left
out: never on a page of print alone, and never where little is surely print, as in neat hands, some of whose words look
printed.

Letters in this file: H W strip, S cells of a strip.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np

from text_recognizer.page.cut_lines import STRIP_MARGIN, LineStrip

EMPTY, WRITTEN, PRINT = 0, 1, 2  # the classes of a cell
CELL = 8  # columns of a cell
GAP = 2  # cells: words with fewer empty cells between them are one
SURE = 0.9  # probability of print: a page with words that have more has print;
LIKELY = 0.6  # then a word with more is print,
PERHAPS = 0.45  # and so is a word with more beside a word of print
SHORT = 3  # cells: a shorter word, a mark or a letter, is what the words beside it are
ENCLOSED = 0.25  # or with more between two words of print,
LABEL = 0.4  # or with more at the beginning of a line of a form
FORM_SHARE, FORM_LINES = 0.5, 4  # lines that begin with print: the least share, and the least number, on a form
CHANGE = 0.7  # difference of the probabilities of two parts of a run of cells that are two words
DOUBTFUL = 0.1  # a word with less is surely handwriting
FEWEST = 12  # cells of sure print that a page must have, and of handwriting, for print to be left out
LEAST_WRITTEN, LEAST_PRINT = 0.04, 0.1  # shares of the page's cells with ink that these must have, too
RATIO = 0.5  # of the cells of doubtful words: a page with less sure print is in a hand like print


class Word(NamedTuple):
    """Some cells with ink: the first, the one behind the last, and the probability that they are print."""

    first: int
    last: int
    printed: float

    @property
    def length(self) -> int:
        """Its length in cells."""
        return self.last - self.first


def words_of(cells: np.ndarray) -> list[Word]:
    """Return the words of a strip, from left to right: (S, 3) probabilities of the classes of its cells."""
    has_ink = np.flatnonzero(cells[:, EMPTY] < 0.5)
    if not len(has_ink):
        return []
    breaks = np.flatnonzero(np.diff(has_ink) > GAP)
    firsts, lasts = has_ink[np.r_[0, breaks + 1]], has_ink[np.r_[breaks, len(has_ink) - 1]] + 1
    pieces = [
        piece
        for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True)
        for piece in _split_at_changes(cells, first, last)
    ]
    return [Word(first, last, _print_in(cells[first:last])) for first, last in pieces]


def _print_in(cells: np.ndarray) -> float:
    """Return the probability that a word is print: (S, 3) probabilities of its cells."""
    written, printed = cells[:, [WRITTEN, PRINT]].sum(axis=0).tolist()
    return printed / max(written + printed, 1e-6)


def _split_at_changes(cells: np.ndarray, first: int, last: int) -> list[tuple[int, int]]:
    """Split a run of cells where print ends and handwriting begins at once, or the other way about."""
    if last - first < 2 * SHORT:
        return [(first, last)]
    before = np.cumsum(cells[first:last, [WRITTEN, PRINT]], axis=0)[SHORT - 1 : -SHORT]  # a row for each middle
    behind = cells[first:last, [WRITTEN, PRINT]].sum(axis=0) - before
    shares = (part[:, 1] / np.maximum(part.sum(axis=1), 1e-6) for part in (before, behind))
    changes = np.abs(np.subtract(*shares))
    if changes.max() < CHANGE:
        return [(first, last)]
    middle = first + SHORT + int(np.argmax(changes))
    return _split_at_changes(cells, first, middle) + _split_at_changes(cells, middle, last)


class Amounts(NamedTuple):
    """How many cells of a page are in words of each kind; marks do not count."""

    written: int
    doubtful: int
    printed: int
    every: int

    @property
    def has_handwriting(self) -> bool:
        """Whether there is more handwriting than what a page of print may be taken for."""
        return self.written >= max(FEWEST, LEAST_WRITTEN * self.every)

    @property
    def has_print(self) -> bool:
        """Whether there is more print than what a page in a neat hand may be taken for."""
        return self.printed >= max(FEWEST, LEAST_PRINT * self.every, RATIO * self.doubtful)


def amounts_of(strips: Sequence[Sequence[Word]]) -> Amounts:
    """Return how much of a page's words is handwriting, and how much is print."""
    every = [word for words in strips for word in words if word.length >= SHORT]
    return Amounts(
        sum(word.length for word in every if word.printed < 1 - LIKELY),
        sum(word.length for word in every if DOUBTFUL < word.printed <= LIKELY),
        sum(word.length for word in every if word.printed > SURE),
        sum(word.length for word in every),
    )


def is_form(rows: Sequence[Sequence[Word]]) -> bool:
    """Tell whether at least half of the rows with handwriting, and several, begin with a printed label.

    Parameters
    ----------
    rows
        The words of each row of a page.
    """
    lines = [[word for word in words if word.length >= SHORT] for words in rows]
    filled = [words for words in lines if any(word.printed < 1 - LIKELY for word in words)]
    num = sum(words[0].printed > LIKELY for words in filled)
    return num >= max(FORM_LINES, FORM_SHARE * len(filled))


def find_printed_words(words: Sequence[Word], on_form: bool = False) -> list[bool]:
    """Tell for each word of a strip whether it is print, on a page with both.

    There handwriting differs clearly from print, so that less certainty is enough, and beside print still less is
    (hysteresis: J. Canny, "A computational approach to edge detection", 1986, §IV); but a word amid handwriting must be
    surely print.
    """
    is_long = [word.length >= SHORT for word in words]
    chosen = [long and word.printed > LIKELY for word, long in zip(words, is_long, strict=True)]
    for i, word in enumerate(words):
        amid = 0 < i < len(words) - 1 and max(words[i - 1].printed, words[i + 1].printed) <= PERHAPS
        chosen[i] = chosen[i] and (word.printed > SURE or not amid)
    longer = [i for i, long in enumerate(is_long) if long]
    if on_form and len(longer) > 1 and words[longer[0]].printed > LABEL:
        chosen[longer[0]] = True
    for i in range(1, len(words) - 1):
        chosen[i] = chosen[i] or (chosen[i - 1] and chosen[i + 1] and words[i].printed > ENCLOSED)
    for step in (1, -1):
        before = False
        for i in range(len(words))[::step]:
            before = chosen[i] = chosen[i] or (is_long[i] and before and words[i].printed > PERHAPS)
    for long, run in groupby(range(len(words)), lambda i: is_long[i]):
        indices = list(run)
        beside = [chosen[i] for i in (indices[0] - 1, indices[-1] + 1) if 0 <= i < len(words)]
        if not long and beside and all(beside):
            for i in indices:
                chosen[i] = True
    return chosen


def without_columns(strip: LineStrip, words: Sequence[Word], is_print: Sequence[bool]) -> LineStrip | None:
    """Return a strip without its printed words, no longer than what remains; None if nothing remains."""
    if all(is_print):
        return None
    if not any(is_print):
        return strip
    pixels = strip.pixels.copy()
    edges = _edges(words, pixels.shape[1])
    for printed, (first, last) in zip(is_print, edges, strict=True):
        if printed:
            pixels[:, first:last] = 0
    kept = [edge for printed, edge in zip(is_print, edges, strict=True) if not printed]
    first, last = max(0, kept[0][0] - STRIP_MARGIN), min(pixels.shape[1], kept[-1][1] + STRIP_MARGIN)
    return replace(strip, pixels=np.ascontiguousarray(pixels[:, first:last]), left=strip.left + first * strip.step)


def _edges(words: Sequence[Word], width: int) -> list[tuple[int, int]]:
    """Return the first column of each word, and that behind its last: words meet in the middle between them."""
    middles = [CELL * (one.last + other.first) // 2 for one, other in pairwise(words)]
    return list(zip([0, *middles], [*middles, width], strict=True))
