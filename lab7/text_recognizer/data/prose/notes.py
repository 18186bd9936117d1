"""Draws text that is not prose: dates, prices, telephone numbers, addresses, lists, sums, labels, single words.

A model that was trained on sentences only reads 0171 as 1271 and takes the $ for an S. `notes.txt` holds the grammar;
the words are those of the split's own prose.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from text_recognizer.data.prose.text import TextSource, fit

GRAMMAR_FILENAME = Path(__file__).with_name("notes.txt")
NAMES = ("first", "last", "town")  # whose forms are shared out among the splits
HELD_OUT = 5  # each fifth name is never written in training
ALL_CAPITALS_SHARE = 0.06
LETTERS = "abcdefghijklmnopqrstuvwxyz"
SIGNS = "$%@=_[]£€°~^{}<>|\\#&*+/-;:!?"
SLOT = re.compile(r"`([^`]*)`")
RANGE = re.compile(r"(\d+)\.\.(\d+)")
MAX_DEPTH = 8
Rng = np.random.Generator


class Forms(NamedTuple):
    """The forms of a thing, and their cumulative shares, which end at 1."""

    texts: tuple[str, ...]
    ends: np.ndarray

    def draw(self, rng: Rng) -> str:
        """Draw a form by weight."""
        return self.texts[int(np.searchsorted(self.ends, rng.random(), side="right"))]


class NoteSource(TextSource):
    """Draws lines of prose and lines of notes, in the place of a `TextSource`.

    Parameters
    ----------
    split
        "train", "val" or "test".
    share
        How often a line is a note, from 0 to 1.
    alphabet
        The characters that may be written; others are left out of a note.
    free_text
        Write nothing of Brown, even where it is present.
    """

    def __init__(self, split: str, share: float, alphabet: Sequence[str], free_text: bool = False) -> None:
        super().__init__(split, free_text=free_text)
        self.share = share
        self.alphabet = frozenset(alphabet)
        self.grammar = grammar_of(split)
        self.drawn: dict[str, Callable[[Rng], str]] = {
            "word": lambda rng: self.some(rng, 1).lower(),
            "Word": lambda rng: self.some(rng, 1).capitalize(),
            "WORD": lambda rng: self.some(rng, 1).upper(),
            "words": lambda rng: self.some(rng, 5),
            "WORDS": lambda rng: self.some(rng, 5).upper(),
            "letter": lambda rng: _one_of(rng, LETTERS),
            "LETTER": lambda rng: _one_of(rng, LETTERS.upper()),
            "letters": _row_of_letters,
            "LETTERS": lambda rng: _row_of_letters(rng).upper(),
            "sign": lambda rng: _one_of(rng, SIGNS),
            "sum": draw_sum,
            "many": lambda rng: str(int(10 ** rng.uniform(0, 6))),
            "many,": lambda rng: f"{int(10 ** rng.uniform(0, 6)):,}",
            "small first": lambda rng: self.grammar["first"].draw(rng).lower(),
            "small last": lambda rng: self.grammar["last"].draw(rng).lower(),
        }

    def line(self, rng: Rng, length: float | None = None) -> str:
        """Draw a line; only prose can be drawn by its length."""
        note = self.note(rng) if rng.random() < self.share else ""
        return note or super().line(rng, length)

    def note(self, rng: Rng) -> str:
        """Draw a note; an empty one where nothing of it is in the alphabet."""
        text = self.expand("`line`", rng)
        if rng.random() < ALL_CAPITALS_SHARE:
            text = text.upper()
        return fit(" ".join("".join(letter for letter in text if letter in self.alphabet).split()))

    def expand(self, form: str, rng: Rng, depth: int = 0) -> str:
        """Return a form with something in each of its slots."""
        assert depth <= MAX_DEPTH, form  # a section of the grammar leads back to itself
        return SLOT.sub(lambda slot: self._fill(slot[1], rng, depth), form)

    def some(self, rng: Rng, most: int) -> str:
        """Return up to this many words of the prose, without punctuation."""
        start, num = int(rng.integers(len(self.words))), int(rng.integers(1, most + 1))
        run = (self.words[(start + i) % len(self.words)] for i in range(num))
        words = (re.sub(r"[^A-Za-z0-9'-]", "", word).strip("'-") for word in run)
        return " ".join(word for word in words if word) or "and"

    def _fill(self, name: str, rng: Rng, depth: int) -> str:
        if name in self.drawn:
            return self.drawn[name](rng)
        if match := RANGE.fullmatch(name):
            return str(rng.integers(int(match[1]), int(match[2]) + 1)).zfill(len(match[1]))
        if set(name) == {"#"}:
            return "".join(str(digit) for digit in rng.integers(10, size=len(name)))
        return self.expand(self.grammar[name].draw(rng), rng, depth + 1)


@cache
def grammar_of(split: str) -> dict[str, Forms]:
    """Return the forms of each thing; of names those that a split may write."""
    grammar = read_grammar(GRAMMAR_FILENAME)
    for name in NAMES:
        grammar[name] = [form for i, form in enumerate(grammar[name]) if (i % HELD_OUT == 0) == (split != "train")]
    return {name: _with_shares(forms) for name, forms in grammar.items()}


def read_grammar(filename: Path) -> dict[str, list[tuple[str, float]]]:
    """Return the forms of each section, and their weights."""
    grammar: dict[str, list[tuple[str, float]]] = {}
    forms: list[tuple[str, float]] = []
    for row in filename.read_text(encoding="utf-8").splitlines():
        if row.startswith("# ") or row in ("", "#"):
            continue
        if re.fullmatch(r"\[[A-Za-z ]{2,}\]", row):
            forms = grammar.setdefault(row[1:-1], [])
        else:
            form, _, weight = row.partition(" \N{MULTIPLICATION SIGN}")
            forms.append((form, float(weight or 1)))
    return grammar


def draw_sum(rng: Rng) -> str:
    """Return a sum that is right."""
    a, b = (int(number) for number in rng.integers(1, 100, 2))
    forms = (
        f"{a} + {b} = {a + b}",
        f"{a + b} - {b} = {a}",
        f"{a} x {b} = {a * b}",
        f"{a}*{b}={a * b}",
        f"{a * b} / {a} = {b}",
    )
    return forms[int(rng.integers(len(forms)))]


def _row_of_letters(rng: Rng) -> str:
    """Return a part of the alphabet, as people write to test a pen."""
    start = int(rng.integers(0, 20)) if rng.random() < 0.5 else 0
    between = " " if rng.random() < 0.7 else ""
    return between.join(LETTERS[start : start + int(rng.integers(5, 27))])


def _one_of(rng: Rng, characters: str) -> str:
    return characters[int(rng.integers(len(characters)))]


def _with_shares(forms: list[tuple[str, float]]) -> Forms:
    weights = np.cumsum([weight for _, weight in forms])
    return Forms(tuple(form for form, _ in forms), weights / weights[-1])
