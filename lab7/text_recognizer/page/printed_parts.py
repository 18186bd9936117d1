"""Decides which parts of a page's lines are print, and takes them out of the lines' strips.

A print finder says for each cell of a strip, eight columns wide, whether it is empty, handwriting or print. Here its
probabilities are summed over words, because a word is one or the other, and the page decides whether print is left
out: never on a page of print alone, and never where little is surely print.

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
FEWEST = 12  # cells of sure print that a page must have, and of handwriting, for print to be left out
LEAST = 0.04  # of the page's cells with ink that must be handwriting


class Word(NamedTuple):
    """A run of cells with ink: the first, the one behind the last, and the probability that it is print."""

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
    words = []
    for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
        written, printed = cells[first:last, [WRITTEN, PRINT]].sum(axis=0).tolist()
        words.append(Word(first, last, printed / max(written + printed, 1e-6)))
    return words


def find_printed_words(strips: Sequence[Sequence[Word]]) -> list[list[bool]]:
    """Tell for each word of each strip whether it is print that is to be left out.

    Nothing is left out if the page has too little that is surely print, or hardly any handwriting. On other pages
    handwriting differs clearly from print, so that less certainty is enough; beside print still less is (hysteresis:
    J. Canny, "A computational approach to edge detection", 1986, §IV).
    """
    every = [word for words in strips for word in words]
    printed = sum(word.length for word in every if word.length >= SHORT and word.printed > SURE)
    written = sum(word.length for word in every if word.length >= SHORT and word.printed < 1 - LIKELY)
    if printed < FEWEST or written < max(FEWEST, LEAST * sum(word.length for word in every)):
        return [[False] * len(words) for words in strips]
    return [_in_strip(words) for words in strips]


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


def _in_strip(words: Sequence[Word]) -> list[bool]:
    """Tell for each word of a strip whether it is print, on a page with both."""
    is_long = [word.length >= SHORT for word in words]
    chosen = [long and word.printed > LIKELY for word, long in zip(words, is_long, strict=True)]
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


def _edges(words: Sequence[Word], width: int) -> list[tuple[int, int]]:
    """Return the first column of each word, and that behind its last: words meet in the middle between them."""
    middles = [CELL * (one.last + other.first) // 2 for one, other in pairwise(words)]
    return list(zip([0, *middles], [*middles, width], strict=True))
