"""Fits the line model to unseen writers, on a few lines of each, and measures it on other lines of theirs.

    python training/studies/fit_to_hands.py
    python training/studies/fit_to_hands.py --num_writers=2 --epochs=10

The writers are those of IAM's validation split with the most lines. 12 lines of each are held out, and the model is
fitted to the first 5 and the first 12 of the others. Lines are cut out of the forms in the same way as `read-paragraph
fit` cuts them out of corrected pages. A row is printed for each writer as soon as it is measured.
"""

import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from PIL import Image

from text_recognizer.data.iam import IAM
from text_recognizer.data.iam_lines import usable_lines
from text_recognizer.evaluation.bootstrap import difference_of, rate_of
from text_recognizer.fitting.examples import Example, cut_strip
from text_recognizer.fitting.fit import FitSettings, LineModel, edit_distance, train
from text_recognizer.page.layout import find_page
from text_recognizer.recognizer.artifact_files import LINES_DIRNAME, find_artifact
from text_recognizer.util import UserError
from training.command_line.settings import run_command

Row = tuple[int, ...]  # the edits in each of a writer's held-out lines


@dataclass(frozen=True)
class FitStudy:
    """What to measure.

    Parameters
    ----------
    artifact_dirname
        The recogniser whose line model is fitted.
    num_writers
        Number of writers.
    num_held_out
        Number of held-out lines of each writer.
    num_learnt
        Numbers of training lines; each fit starts from the shipped weights.
    epochs
        Passes over the lines.
    lr
        The highest learning rate.
    seed
        Seed of the split and of the training.
    """

    artifact_dirname: str = "paragraph_text_recognizer"
    num_writers: int = 8
    num_held_out: int = 12
    num_learnt: tuple[int, ...] = (5, 12)
    epochs: int = FitSettings.epochs
    lr: float = FitSettings.lr
    seed: int = 42


def study(settings: FitStudy) -> list[dict[int, Row]]:
    """Measure each writer; return the edits in each held-out line, by the number of training lines."""
    iam = IAM()
    needed = settings.num_held_out + max(settings.num_learnt)
    writers = writers_of(iam, needed)[: settings.num_writers]
    if not writers:
        raise UserError(f"{iam.name}: no validation writer has {needed} lines. Expected smaller numbers")
    print(f"{iam.name}: {len(writers)} validation writers, {settings.num_held_out} lines of each held out")
    print(f"{'writer':<8}{'characters':>12}" + "".join(f"{f'{n} lines':>12}" for n in (0, *settings.num_learnt)))
    rows, sizes = [], []
    for writer, forms in writers:
        examples = examples_of(iam, forms)
        order = np.random.default_rng(settings.seed).permutation(len(examples))
        held_out = [examples[i] for i in order[: settings.num_held_out]]
        others = [examples[i] for i in sorted(order[settings.num_held_out :])]
        rows.append({n: measure(settings, others[:n], held_out) for n in (0, *settings.num_learnt)})
        sizes.append([len(one.text) for one in held_out])
        total = sum(sizes[-1])
        rates = "".join(f"{sum(edits) / total:>12.1%}" for edits in rows[-1].values())
        print(f"{writer:<8}{total:>12}{rates}", flush=True)
    summarise(rows, sizes)
    return rows


def writers_of(iam: IAM, needed: int) -> list[tuple[str, list[str]]]:
    """Return the validation writers with enough lines, and their forms; those with the most lines first."""
    forms: dict[str, list[str]] = defaultdict(list)
    numbers: dict[str, int] = defaultdict(int)
    for form_id in iam.splits["val"]:
        form = iam.form(form_id)
        forms[form.writer_id].append(form_id)
        numbers[form.writer_id] += len(usable_lines(form))
    ranked = sorted(numbers, key=lambda writer: (-numbers[writer], writer))
    return [(writer, forms[writer]) for writer in ranked if numbers[writer] >= needed]


def examples_of(iam: IAM, form_ids: list[str]) -> list[Example]:
    """Cut the lines out of some forms."""
    examples = []
    for form_id in form_ids:
        page = find_page(Image.fromarray(iam.image(form_id)))
        for line in usable_lines(iam.form(form_id)):
            if page is None or line.box is None:
                continue
            left, top, right, bottom = line.box
            frame = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], dtype=float)
            examples.append(Example(cut_strip(page, frame), line.text, Path(form_id)))
    return examples


def measure(settings: FitStudy, learnt: list[Example], held_out: list[Example]) -> Row:
    """Fit to some lines, and return the edits in each held-out line."""
    model = LineModel(find_artifact(settings.artifact_dirname) / LINES_DIRNAME)
    if learnt:
        train(model, learnt, FitSettings(epochs=settings.epochs, lr=settings.lr, seed=settings.seed, minutes=60))
    return tuple(edit_distance(one.text, model.read(one.pixels)) for one in held_out)


def summarise(rows: list[dict[int, Row]], sizes: list[list[int]]) -> None:
    """Print the error rates over all writers, and their differences from the unfitted model, with intervals."""
    groups = [i for i, size in enumerate(sizes) for _ in size]
    flat = [one for size in sizes for one in size]
    before = [edit for row in rows for edit in row[0]]
    for n in rows[0]:
        edits = [edit for row in rows for edit in row[n]]
        rate = rate_of(edits, flat, groups)
        text = f"after {n} lines: CER {rate.value:.2%}"
        if n:
            difference = difference_of(edits, before, flat, groups)
            text += f", {difference.value:+.2%}"
            if difference.low is not None and difference.high is not None:
                text += f" ({difference.low:+.2%} to {difference.high:+.2%}, paired, over writers)"
        print(text)


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(study, FitStudy, __doc__, argv)


if __name__ == "__main__":
    main()
