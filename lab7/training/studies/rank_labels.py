"""Ranks labelled lines by how badly a trained model agrees with them: wrong labels come first.

    python training/studies/rank_labels.py --checkpoint=training/logs/IAMLines_LineResNetLSTM_ctc/version_0
    python training/studies/rank_labels.py --planted=0.02        # how many of 2 % planted errors does it find?

The loss of a line is the model's surprise at its label. A model that has seen a wrong label many times may have learned
it, so the ranking is best done by a model that was trained on other lines, or not for long. It writes a page with each
line's picture, its label and its reading, the worst first (labels.html), and the whole ranking (labels.json).
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Any, Literal

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch

from text_recognizer.data.show.names import names_of
from text_recognizer.evaluation.examples import Example
from text_recognizer.evaluation.page import STYLE, figure
from text_recognizer.images.pictures import contact_sheet
from text_recognizer.lit_models.ctc import CTCLitModel, ctc_loss
from text_recognizer.lit_models.transducer import TransducerLitModel
from text_recognizer.util import UserError, write_atomically
from text_recognizer.vocabulary import SpecialTokens, tokenizer_of
from training.callbacks.readings import read
from training.command_line.settings import run_command
from training.runs.trained_run import TrainedRun, find_checkpoint, load_run

SEED = 0  # of the planted errors
UNALIGNED = 1e9  # the loss of a label that no path can spell: nothing is more suspicious


@dataclass
class Ranking:
    """What to rank.

    Parameters
    ----------
    checkpoint
        A .ckpt file of run_experiment.py, or the directory of a run for its best one; the newest run if null.
    split
        The split whose lines are ranked.
    data_class
        Other data than that of the training, with images of the same size and the same characters.
    output
        Directory to write to; one beside the checkpoint's flags if null.
    num_pictures
        Number of lines on the page.
    num_examples
        Rank only this many lines; all if null.
    planted
        Share of the lines that first get a wrong label, to measure how many of them are ranked at the top.
    """

    checkpoint: str | None = None
    split: Literal["train", "val", "test"] = "train"
    data_class: str | None = None
    output: str | None = None
    num_pictures: int = 50
    num_examples: int | None = None
    planted: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.planted < 1:
            raise UserError(f"--planted={self.planted}: expected a share of the lines, from 0 to below 1")
        for name in ("num_pictures", "num_examples"):
            if (value := getattr(self, name)) is not None and value < 1:
                raise UserError(f"--{name}={value}: expected 1 or more")


@dataclass
class Line:
    """A line: its place in the split, its name, its label and the model's reading, and how little they agree.

    `loss` is that of a character of the label.
    """

    index: int
    name: str
    written: str
    read: str
    loss: float
    is_planted: bool


def run(ranking: Ranking) -> list[Line]:
    """Rank as asked, write the page, and print the result."""
    filename = find_checkpoint(ranking.checkpoint, "--checkpoint")
    trained = load_run(
        filename, "--checkpoint", ranking.data_class, ["--augment=false"] if ranking.split == "train" else []
    )
    dataset = getattr(trained.data, f"data_{ranking.split}")
    targets = targets_of(dataset, ranking.num_examples)
    planted = plant(targets, ranking.planted, trained)
    lines = sorted(losses(trained, dataset, targets, planted), key=lambda line: -line.loss)
    dirname = Path(ranking.output) if ranking.output else filename.parents[1] / f"labels_{ranking.split}"
    write(
        lines,
        dataset,
        dirname,
        f"{len(lines):,} {ranking.split} lines: {trained.data.provenance}",
        ranking.num_pictures,
    )
    print(*show(lines, trained, ranking), f"labels.html and labels.json are in {dirname}", sep="\n")
    return lines


def targets_of(dataset: Any, num: int | None) -> torch.Tensor:
    """Return the labels of the first lines of a data set: (N, S)."""
    num = min(len(dataset), num or len(dataset))
    stored = getattr(dataset, "targets", None)
    return (
        stored[:num].clone() if isinstance(stored, torch.Tensor) else torch.stack([dataset[i][1] for i in range(num)])
    )


def plant(targets: torch.Tensor, share: float, trained: TrainedRun) -> set[int]:
    """Give a share of the lines wrong labels (N, S), with the mistakes that people make; return which lines.

    One third gets the label of another line, one third loses a word, and in one third two letters are changed.
    """
    rng = np.random.default_rng(SEED)
    chosen = rng.permutation(len(targets))[: round(share * len(targets))]
    tokens: SpecialTokens = trained.lit_model.tokens  # type: ignore[assignment]
    special = set(tokens)
    letters = [i for i, text in enumerate(trained.data.mapping) if i not in special and text.strip()]
    original = targets.clone()
    for way, i in enumerate(chosen.tolist()):
        row = original[i].tolist()
        text = [label for label in row if label not in special]
        if way % 3 == 0:
            other = int(rng.integers(len(targets) - 1))
            targets[i] = original[other + (other >= i)]
            continue
        wrong = _without_word(text, trained.data.mapping, rng) if way % 3 == 1 else _misspelled(text, letters, rng)
        start = [label for label in row if label == tokens.start]
        end = [label for label in row if label == tokens.end]
        new = [*start, *wrong, *end]
        targets[i] = torch.tensor(new + [tokens.padding] * (len(row) - len(new)))
    return set(chosen.tolist())


def _without_word(text: list[int], mapping: Sequence[str], rng: np.random.Generator) -> list[int]:
    """Leave out one word of a text, or half of its labels where it has no spaces."""
    starts = [0, *(i for i, label in enumerate(text) if mapping[label].startswith(" ") and i), len(text)]
    if len(starts) < 3:
        return text[len(text) // 2 :]
    word = int(rng.integers(len(starts) - 1))
    return text[: starts[word]] + text[starts[word + 1] :]


def _misspelled(text: list[int], letters: list[int], rng: np.random.Generator) -> list[int]:
    """Change two of a text's labels into others."""
    text = list(text)
    for place in rng.permutation(len(text))[:2].tolist():
        text[place] = int(rng.choice([letter for letter in letters if letter != text[place]]))
    return text


@torch.inference_mode()
def losses(trained: TrainedRun, dataset: Any, targets: torch.Tensor, planted: set[int]) -> Iterator[Line]:
    """Yield each line with its label (N, S), its reading and its loss."""
    lit_model, tokenizer = trained.lit_model.eval(), tokenizer_of(trained.data.config())
    names = names_of(dataset)
    batch_size = trained.data.batch_size
    for first in range(0, len(targets), batch_size):
        rows = range(first, min(first + batch_size, len(targets)))
        x, y = torch.stack([dataset[i][0] for i in rows]), targets[rows.start : rows.stop]
        found = loss_of_each(lit_model, x, y)
        for i, label, reading, loss in zip(rows, y.tolist(), read(lit_model, x).tolist(), found, strict=True):
            written, seen = (tokenizer.decode(row) for row in (label, reading))
            name = names[i] if names else f"line {i}"
            yield Line(i, name, written, seen, loss / max(1, len(written)), i in planted)


def loss_of_each(lit_model: Any, x: torch.Tensor, y: torch.Tensor) -> list[float]:
    """Return the loss of each line: images (B, 1, H, W), labels (B, S).

    Raises
    ------
    UserError
        If the model was trained with another loss than CTC's or the transducer's.
    """
    if isinstance(lit_model, TransducerLitModel):
        return lit_model.loss_of_each(lit_model(x), y).clamp(max=UNALIGNED).tolist()
    if not isinstance(lit_model, CTCLitModel):
        raise UserError(
            "expected a model trained with --loss=ctc or --loss=transducer: their loss is that of a whole line"
        )
    found = []
    for logits, label in zip(lit_model(x), y, strict=True):
        loss, impossible = ctc_loss(logits[None], label[None], lit_model.tokens)
        length = (
            (~torch.isin(label, label.new_tensor(lit_model.tokens))).sum().clamp(min=1)
        )  # the loss is a character's
        found.append(UNALIGNED if impossible.any() else float(loss * length))
    return found


def write(lines: Sequence[Line], dataset: Any, dirname: Path, title: str, num_pictures: int) -> None:
    """Write the page of the worst lines, and the whole ranking."""
    parts = []
    for line in lines[:num_pictures]:
        picture = contact_sheet([dataset[line.index][0]], [f"{line.name}, loss {line.loss:.2f} a character"])
        parts.append(figure(Example(line.index, line.name, None, line.written, line.read), picture))
    head = f'<meta charset="utf-8"><title>Labels to check</title><style>{STYLE}</style>'
    body = f"<h1>Labels to check</h1><p>{escape(title)}</p>" + "\n".join(parts)
    html = f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'
    with write_atomically(dirname / "labels.html") as file:
        file.write(html.encode())
    with write_atomically(dirname / "labels.json") as file:
        file.write(json.dumps([asdict(line) for line in lines], indent=1, ensure_ascii=False).encode())


def show(lines: Sequence[Line], trained: TrainedRun, ranking: Ranking) -> Iterator[str]:
    """Yield the result as lines for the terminal."""
    yield f"{trained.filename} on {len(lines):,} {ranking.split} lines: {trained.data.provenance}"
    for line in lines[:5]:
        yield f"{line.name}: loss {line.loss:.2f} a character\n    written  {line.written}\n    read     {line.read}"
    num = sum(line.is_planted for line in lines)
    if num:
        found = sum(line.is_planted for line in lines[:num])
        yield f"{num} labels were made wrong; {found} of them ({found / num:.0%}) are among the {num} worst lines"


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(run, Ranking, __doc__, argv)


if __name__ == "__main__":
    main()
