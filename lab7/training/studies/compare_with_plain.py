"""Compares how drawn pictures are read with how the same handwriting is read on plain paper, kind by kind.

    python training/draw_world.py --num_pictures=3
    python training/draw_world.py --num_pictures=3 --on_plain_paper=true
    python training/evaluate_recognizer.py --pictures=../data/processed/world --output=world.json
    python training/evaluate_recognizer.py --pictures=../data/processed/world_plain --output=world_plain.json
    python training/studies/compare_with_plain.py --pictures=world.json --plain=world_plain.json

A font with unusual letters is read badly on any paper. So the ratio of the two error rates, and not the error rate on
the pictures, tells what a kind of paper, of surroundings or of layout costs. The CER counts line breaks.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from text_recognizer.checked_json import check_json, parse_json
from text_recognizer.evaluation.edits import char_edits
from text_recognizer.evaluation.line_matching import LineCounts
from text_recognizer.util import UserError
from training.benchmarks.timing import table
from training.command_line.settings import run_command

FIGURES = [{"name": str, "text": str, "read": str, "lines": (None, {str: int})}]
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


@dataclass(frozen=True)
class Kind:
    """A kind of picture: its name, its pictures, and the plain sheets with their handwriting."""

    name: str
    pictures: Sequence[dict[str, Any]]
    plain: Sequence[dict[str, Any]]

    @property
    def ratio(self) -> float:
        """The CER on the pictures, as a multiple of that on plain paper; infinite if only the latter is 0."""
        rate, plain = cer_of(self.pictures), cer_of(self.plain)
        return rate / plain if plain else float("inf") if rate else 1.0

    @property
    def row(self) -> tuple[str, ...]:
        """The kind's row of the table."""
        counts = sum((LineCounts(**one["lines"]) for one in self.pictures if one["lines"]), LineCounts())
        rates = f"{cer_of(self.pictures):.1%}", f"{cer_of(self.plain):.1%}", f"{self.ratio:.2f}"
        lines = f"{counts.found} of {counts.num}", str(counts.invented), str(counts.joined), str(counts.out_of_order)
        return (self.name, *rates, *lines, "over" if self.ratio > LIMIT else "")


def compare(args: Comparison) -> str:
    """Print and return a table with a row for each kind."""
    kinds = kinds_of(read_figures(args.pictures), read_figures(args.plain))
    head = "kind", "CER", "on plain paper", "ratio", "lines found", "invented", "joined", "out of order", ""
    told = table([head, *(kind.row for kind in kinds)])
    whole = Kind("all", [one for kind in kinds for one in kind.pictures], [one for kind in kinds for one in kind.plain])
    num = sum(kind.ratio > LIMIT for kind in kinds)
    told += f"\nall: {cer_of(whole.pictures):.1%}, on plain paper {cer_of(whole.plain):.1%}, ratio {whole.ratio:.2f}"
    told += f"\n{num} of {len(kinds)} kinds are over {LIMIT:g} times their error rate on plain paper"
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
    return [Kind(name, own, [sheet for one in own for sheet in sheets[one["name"]]]) for name, own in of_kind.items()]


def cer_of(figures: Sequence[dict[str, Any]]) -> float:
    """Return the character error rate over all characters of some pictures."""
    edits = sum(char_edits(one["text"], one["read"]) for one in figures)
    return edits / max(1, sum(len(one["text"]) for one in figures))


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(compare, Comparison, __doc__, argv)


if __name__ == "__main__":
    main()
