"""Measures what the language model corrects and what it invents: in prose, names, misspellings, and notes with numbers.

    python training/studies/restrain_language.py                          # the shipped line model
    python training/studies/restrain_language.py --num_lines=200 --floors=[-2,0] --quiets=[0,0.5]

It reads validation lines without a language model, with an unrestrained one, and with restraint
(`decoding/restraint.py`), and prints the character error rate of each set: lines of IAM; those of them with a word that
is rare in the language model's text, mostly names and misspellings; those with a digit; and drawn lines of notes. These
are validation lines, so floor and quiet may be chosen with it.
"""

import itertools
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.iam_lines import IAMLines
from text_recognizer.data.prose.text import sentences_of
from text_recognizer.data.written_lines import WrittenLines
from text_recognizer.decoding.beam_search import ctc_beam_search
from text_recognizer.decoding.fusion_scorer import FusionScorer
from text_recognizer.decoding.greedy import ctc_greedy_decode
from text_recognizer.decoding.ngrams import NGrams
from text_recognizer.decoding.restraint import FLOOR, QUIET, RestrainedScorer
from text_recognizer.evaluation.edits import char_edits
from text_recognizer.images.constants import WHITE
from text_recognizer.recognizer.artifact_files import ARTIFACTS_DIRNAME, NGRAMS_FILENAME
from text_recognizer.recognizer.line_reader import LineReader
from text_recognizer.vocabulary import Tokenizer, tokenizer_of
from training.command_line.settings import run_command

WORD = re.compile(r"[^\W\d_]{3,}")
FEWEST = 3  # occurrences of a known word in the language model's text


class SeenLine(NamedTuple):
    """A line, its text, and the network's log-probabilities (S, C)."""

    text: str
    log_probs: np.ndarray


@dataclass
class Restraint:
    """What to measure.

    Parameters
    ----------
    artifact_dirname
        A line model with a language model.
    num_lines
        Number of lines of each source.
    weight
        Weight of the language model; the artifact's if null.
    bonus
        Insertion bonus for each character; the artifact's if null.
    floors
        Least scores of a digit or a sign.
    quiets
        Scores of each character within a number, a code or an address.
    sure
        Least log-probability (natural logarithm) of characters that the beam search tries.
    """

    artifact_dirname: str = str(ARTIFACTS_DIRNAME / "line_text_recognizer")
    num_lines: int = 700
    weight: float | None = None
    bonus: float | None = None
    floors: tuple[float, ...] = (FLOOR,)
    quiets: tuple[float, ...] = (QUIET,)
    sure: float = -7.0


def measure(settings: Restraint) -> dict[str, dict[str, float]]:
    """Print a row for each way of reading; return its error rate on each set."""
    dirname = Path(settings.artifact_dirname)
    reader = LineReader(dirname)
    tokenizer = tokenizer_of(reader.reader.config["data_config"])
    own = reader.reader.config.get("language_model", {})
    weight, bonus = (
        own.get(name) if value is None else value
        for name, value in (("weight", settings.weight), ("bonus", settings.bonus))
    )
    ngrams = NGrams.load(dirname / NGRAMS_FILENAME)
    mapping = tokenizer.mapping
    sets = sets_of(reader, settings.num_lines)
    print(f"{dirname.name}, weight {weight}, bonus {bonus}")
    print(f"{'':<38}" + "".join(f"{f'{name} ({len(lines)})':>22}" for name, lines in sets.items()))
    ways: dict[str, Callable[[np.ndarray], list[int]]] = {
        "no language model": lambda log_probs: greedy(log_probs, tokenizer),
        "as prose wants it": searching(FusionScorer(ngrams, mapping, weight, bonus), tokenizer.blank, settings.sure),
    }
    for floor in settings.floors:
        for quiet in settings.quiets:
            scorer = RestrainedScorer(ngrams, mapping, weight, bonus, floor, quiet)
            ways[f"restrained, floor {floor:g}, quiet {quiet:g}"] = searching(scorer, tokenizer.blank, settings.sure)
    return {name: show(name, read, sets, tokenizer) for name, read in ways.items()}


def greedy(log_probs: np.ndarray, tokenizer: Tokenizer) -> list[int]:
    """Decode without a language model."""
    import torch

    logits = torch.from_numpy(log_probs.T[None].copy())
    labels = ctc_greedy_decode(logits, tokenizer.blank, tokenizer.padding)[0].tolist()
    return [label for label in labels if label != tokenizer.padding]


def searching(scorer: FusionScorer, blank: int, sure: float) -> Callable[[np.ndarray], list[int]]:
    """Return a function that decodes with a language model."""
    return lambda log_probs: ctc_beam_search(log_probs, blank, scorer, scorer.context, min_log_prob=sure)


def show(
    name: str, read: Callable[[np.ndarray], list[int]], sets: dict[str, list[SeenLine]], tokenizer: Tokenizer
) -> dict[str, float]:
    """Read each line once, and print the character error rate of each set."""
    edits: dict[int, int] = {}
    for lines in sets.values():
        for line in lines:
            if id(line) not in edits:
                edits[id(line)] = char_edits(line.text, tokenizer.decode(read(line.log_probs)))
    rates = {
        kind: sum(edits[id(line)] for line in lines) / max(1, sum(len(line.text) for line in lines))
        for kind, lines in sets.items()
    }
    print(f"{name:<38}" + "".join(f"{rate:>22.2%}" for rate in rates.values()), flush=True)
    return rates


def sets_of(reader: LineReader, num_lines: int) -> dict[str, list[SeenLine]]:
    """Compute the network's outputs for validation lines, and group the lines into sets."""
    lines = see(reader, IAMLines(), num_lines)
    notes = see(reader, WrittenLines(notes=1.0, joined=0.0, num_held_out_lines=num_lines), num_lines)
    known = known_words()
    rare = [line for line in lines if any(word.lower() not in known for word in WORD.findall(line.text))]
    digits = [line for line in lines if any(character.isdigit() for character in line.text)]
    return {"IAM": lines, "names and slips": rare, "with digits": digits, "written notes": notes}


def see(reader: LineReader, data: BaseDataModule, num_lines: int) -> list[SeenLine]:
    """Return the first validation lines of a data set with the network's outputs."""
    data.prepare_data()
    data.setup("fit")
    val: Any = data.data_val
    tokenizer = Tokenizer(data.mapping)
    seen = []
    for x, y in itertools.islice(val, num_lines):
        text = tokenizer.decode(y.tolist())
        seen.append(SeenLine(text, log_probs_of(reader, (x[0] * WHITE).round().numpy().astype(np.uint8))))
    return seen


def log_probs_of(reader: LineReader, pixels: np.ndarray) -> np.ndarray:
    """Return the network's log-probabilities (S, C) for a line (H, W) without the empty paper behind it."""
    inked = np.flatnonzero(pixels.max(axis=0) > WHITE // 8)
    end = min(pixels.shape[1], (int(inked[-1]) if len(inked) else 0) + pixels.shape[0])
    pixels = pixels[:, : end + -end % reader.cell_width]
    cells = reader.reader.read_cells(pixels)[0]
    cells = cells - cells.max(axis=1, keepdims=True)
    return cells - np.log(np.exp(cells).sum(axis=1, keepdims=True))


def known_words() -> set[str]:
    """Return the words that occur several times in the language model's text, in lower case."""
    counts: dict[str, int] = {}
    for sentence in sentences_of("train"):
        for word in WORD.findall(sentence.lower()):
            counts[word] = counts.get(word, 0) + 1
    return {word for word, number in counts.items() if number >= FEWEST}


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    run_command(measure, Restraint, __doc__, None if argv is None else list(argv))


if __name__ == "__main__":
    main()
