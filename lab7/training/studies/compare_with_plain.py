"""Compares how drawn pictures are read with how the same handwriting is read on plain paper, kind by kind.

    python training/draw_world.py --num_pictures=3
    python training/draw_world.py --num_pictures=3 --on_plain_paper=true
    python training/evaluate_recognizer.py --pictures=../data/processed/world --output=world.json
    python training/evaluate_recognizer.py --pictures=../data/processed/world_plain --output=world_plain.json
    python training/studies/compare_with_plain.py --pictures=world.json --plain=world_plain.json

A font with unusual letters is read badly on any paper. So the ratio of the two error rates, and not the error rate on
the pictures, tells what a kind of paper, of surroundings or of layout costs. The CER counts line breaks; the column
"in one line" has the ratio with line breaks as spaces. There are few pictures of each kind: "surely over" are kinds
with six pictures or more whose ratio is above the limit in 97.5 % of bootstrap draws.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from text_recognizer.checked_json import check_json, parse_json
from text_recognizer.evaluation.edits import char_edits
from text_recognizer.evaluation.line_matching import LineCounts
from text_recognizer.util import UserError
from training.benchmarks.timing import table
from training.command_line.settings import run_command

FIGURES = [{"name": str, "text": str, "read": str, "lines": (None, {str: int})}]
NUM_DRAWS = 2_000
FEWEST = 6  # pictures of a kind: with fewer, a bootstrap is far too sure
SEED = 14
LIMIT = 2.0  # times the error rate on plain paper


@dataclass
class Comparison:
    """What to compare.

    Parameters
    ----------
    pictures
        File that `evaluate_recognizer.py --pictures` wrote about pictures of `draw_world.py`.
    plain
        The same about the plain sheets of `draw_world.py --on_plain_paper=true`.
    """

    pictures: str
    plain: str


class Pair(NamedTuple):
    """A picture, and the plain sheets with its handwriting: what was read there."""

    picture: dict[str, Any]
    plain: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Kind:
    """A kind of picture, and its pictures."""

    name: str
    pairs: Sequence[Pair]

    @property
    def ratio(self) -> float:
        """The CER on the pictures, as a multiple of that on plain paper; infinite if only the latter is 0."""
        return ratio_of(self.rates())

    @property
    def in_one_line(self) -> float:
        """The same with line breaks as spaces: the cells of a table are read as one row, and listed one by one."""
        return ratio_of(self.rates(in_one_line=True))

    @property
    def least(self) -> float:
        """The ratio that only 2.5 % of draws of as many pictures, with replacement, fall below."""
        rng = np.random.default_rng(SEED)
        draws = rng.integers(len(self.pairs), size=(NUM_DRAWS, len(self.pairs)))
        counts = np.array([counts_of(pair) for pair in self.pairs])  # (N, 4)
        sums = counts[draws].sum(axis=1)
        ratios = [ratio_of((one[0] / one[1], one[2] / one[3])) for one in np.maximum(sums, [0, 1, 0, 1]).tolist()]
        return float(np.quantile(ratios, 0.025, method="lower"))

    @property
    def is_surely_over(self) -> bool:
        """Whether so many pictures are over the limit that it is hardly an accident."""
        return len(self.pairs) >= FEWEST and self.least > LIMIT

    def rates(self, in_one_line: bool = False) -> tuple[float, float]:
        """Return the CER on the pictures and on plain paper."""
        edits, length, plain_edits, plain_length = np.sum([counts_of(pair, in_one_line) for pair in self.pairs], axis=0)
        return float(edits / max(1, length)), float(plain_edits / max(1, plain_length))

    @property
    def row(self) -> tuple[str, ...]:
        """The kind's row of the table."""
        known = [pair.picture["lines"] for pair in self.pairs if pair.picture["lines"]]
        counts = sum((LineCounts(**lines) for lines in known), LineCounts())
        rates = (*(f"{rate:.1%}" for rate in self.rates()), f"{self.ratio:.2f}", f"{self.in_one_line:.2f}")
        lines = f"{counts.found} of {counts.num}", str(counts.invented), str(counts.joined), str(counts.out_of_order)
        judged = ("surely over" if self.is_surely_over else "over") if self.ratio > LIMIT else ""
        return (self.name, *rates, *lines, judged)


def compare(args: Comparison) -> str:
    """Print and return a table with a row for each kind."""
    kinds = kinds_of(read_figures(args.pictures), read_figures(args.plain))
    head = (
        "kind",
        "CER",
        "on plain paper",
        "ratio",
        "in one line",
        "lines found",
        "invented",
        "joined",
        "out of order",
        "",
    )
    told = table([head, *(kind.row for kind in kinds)])
    whole = Kind("all", [pair for kind in kinds for pair in kind.pairs])
    rate, plain = whole.rates()
    surely = sum(kind.is_surely_over for kind in kinds)
    over, in_one_line = (
        sum(one > LIMIT for one in ratios)
        for ratios in zip(*((kind.ratio, kind.in_one_line) for kind in kinds), strict=True)
    )
    told += (
        f"\nall: {rate:.1%}, on plain paper {plain:.1%}, ratio {whole.ratio:.2f}, in one line {whole.in_one_line:.2f}"
    )
    told += (
        f"\n{over} of {len(kinds)} kinds are over {LIMIT:g} times their error rate on plain paper, {surely} of them "
    )
    told += f"surely (bootstrap over pictures, 95 %); with line breaks as spaces {in_one_line}"
    print(told)
    return told


def read_figures(filename: str) -> list[dict[str, Any]]:
    """Read a file that `evaluate_recognizer.py --pictures` wrote.

    Raises
    ------
    UserError
        If it is not one.
    """
    with open(filename, "rb") as file:
        figures = parse_json(file.read(), filename)
    check_json(figures, FIGURES, filename)
    return figures


def kinds_of(pictures: Sequence[dict[str, Any]], plain: Sequence[dict[str, Any]]) -> list[Kind]:
    """Group pictures by kind, each with the plain sheets of the same handwriting.

    Raises
    ------
    UserError
        If a picture has no plain sheet.
    """
    sheets: dict[str, list[dict[str, Any]]] = {}
    for one in plain:  # board_03_a: the first sheet of the third picture of boards
        sheets.setdefault(one["name"].rpartition("_")[0], []).append(one)
    of_kind: dict[str, list[dict[str, Any]]] = {}
    for one in pictures:
        if one["name"] not in sheets:
            raise UserError(f"--plain: no plain sheet of {one['name']!r}. Expected one that is named {one['name']}_a")
        of_kind.setdefault(one["name"].rpartition("_")[0], []).append(one)
    return [Kind(name, [Pair(one, sheets[one["name"]]) for one in own]) for name, own in of_kind.items()]


def counts_of(pair: Pair, in_one_line: bool = False) -> tuple[int, int, int, int]:
    """Return edits and characters of a picture, and of its plain sheets."""
    return (*_edits([pair.picture], in_one_line), *_edits(pair.plain, in_one_line))


def _edits(figures: Sequence[dict[str, Any]], in_one_line: bool) -> tuple[int, int]:
    texts = [(one["text"], one["read"]) for one in figures]
    if in_one_line:
        texts = [(" ".join(text.split()), " ".join(read.split())) for text, read in texts]
    return sum(char_edits(text, read) for text, read in texts), sum(len(text) for text, _ in texts)


def ratio_of(rates: tuple[float, float]) -> float:
    """Return the first rate as a multiple of the second: infinite if only the second is 0, and 1 if both are."""
    rate, plain = rates
    return rate / plain if plain else float("inf") if rate else 1.0


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(compare, Comparison, __doc__, argv)


if __name__ == "__main__":
    main()
