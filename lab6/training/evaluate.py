"""Measures the error rates of a trained model, and shows its errors.

    python training/evaluate.py                                  # the newest run, validation data
    python training/evaluate.py --checkpoint=training/logs/IAMLines_LineCNNLSTM_ctc/version_0
    python training/evaluate.py --checkpoint=one.ckpt --compare_with=other.ckpt

It writes a web page (report.html), all figures and predictions (report.json), and a picture of the worst examples.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch
from PIL import Image

from text_recognizer.data.iam import LICENCE
from text_recognizer.data.show.names import names_of, writers_of
from text_recognizer.data.storage.stand_in import NOTICE, STAND_IN
from text_recognizer.evaluation.examples import Example, unit_of, worst_first
from text_recognizer.evaluation.page import page
from text_recognizer.evaluation.report import (
    DEFINITIONS,
    Report,
    as_json,
    compare,
    make_report,
    show_comparison,
    show_rate,
)
from text_recognizer.images.pictures import contact_sheet
from text_recognizer.util import UserError, sha256_of, write_atomically
from training.command_line.outputs import free, refuse_to_replace
from training.command_line.settings import parse_settings, run_command
from training.runs.trained_run import TrainedRun, config_of, find_checkpoint, load_run

NUM_PRINTED, NUM_RANDOM = 10, 10
WORST = "Worst examples"
JSON_NAME = "report.json"
SEED = 0  # of the examples shown at random


@dataclass
class Evaluation:
    """What to evaluate.

    Parameters
    ----------
    checkpoint
        A .ckpt file of run_experiment.py, or the directory of a run for its best one; the newest run if null.
    split
        Validation or test data. Choose between models on validation data; the test split is for final numbers.
    data_class
        Other data than that of the training, with images of the same size and the same characters.
    compare_with
        Another checkpoint, or run, that reads the same examples.
    output
        Directory to write to; a new one beside the checkpoint's flags if null.
    overwrite
        Replace the report that is in the directory --output already.
    metric
        Which readings: those that the run logged as val_cer, or another of its character error rates.
    precision
        The Trainer's precision; that of the training if null.
    batch_size
        Number of examples read together; that of the training if null.
    num_pictures
        Number of worst examples on the page.
    """

    checkpoint: str | None = None
    split: Literal["val", "test"] = "val"
    data_class: str | None = None
    compare_with: str | None = None
    output: str | None = None
    overwrite: bool = False
    metric: str = "cer"
    precision: str | None = None
    batch_size: int | None = None
    num_pictures: int = 30

    def __post_init__(self) -> None:
        if self.num_pictures < 1:
            raise UserError(f"--num_pictures={self.num_pictures}: expected 1 or more")


def parse(argv: Sequence[str]) -> Evaluation:
    """Turn a command line into an Evaluation."""
    return parse_settings(Evaluation, __doc__, argv)


def run(args: Evaluation) -> Report:
    """Evaluate as `args` say, print the result, and write the files."""
    if args.output:
        refuse_to_replace(Path(args.output), args.overwrite, "--output", holds=JSON_NAME)
    if args.split == "test":
        print("--split=test: the test split is for final numbers; choose between models with --split=val")
    trained = load(args.checkpoint, "--checkpoint", args, args.data_class)
    examples = read(trained, args)
    comparison = None
    if args.compare_with:
        other = load(args.compare_with, "--compare_with", args, type(trained.data).__name__)
        try:
            comparison = compare(examples, read(other, args), str(other.filename))
        except ValueError as error:
            raise UserError(f"--compare_with={args.compare_with}: {error}. Expected a run on the same data") from None
    report = make_report(describe(trained, args), examples, comparison)
    name = f"evaluation_{type(trained.data).__name__}_{args.split}"
    dirname = Path(args.output) if args.output else free(Path(report.about["flags"]).parent / name)
    title = f"{trained.args.model_class} on {type(trained.data).__name__}, {args.split} split"
    write(report, dataset_of(trained, args.split), title, dirname, args.num_pictures)
    print(*show(report), "", *notices(report), f"report.html, {JSON_NAME} and worst.png are in {dirname}", sep="\n")
    return report


def load(path: str | None, flag: str, args: Evaluation, data_class: str | None) -> TrainedRun:
    """Load the run that a flag names."""
    given = {name: getattr(args, name) for name in ("precision", "batch_size")}
    overrides = [f"--{name}={value}" for name, value in given.items() if value is not None]
    return load_run(find_checkpoint(path, flag), flag, data_class, overrides)


def read(trained: TrainedRun, args: Evaluation) -> list[Example]:
    """Return the predictions of a model for a split."""
    print(f"Reading the {args.split} split with {trained.filename}")
    texts, dataset = trained.read(args.split, args.metric), dataset_of(trained, args.split)
    assert len(texts) == len(dataset), "a loader left examples out"
    names, writers = names_of(dataset), writers_of(dataset)
    return [
        Example(i, names[i] if names else f"{args.split} {i}", writers[i] if writers else None, reference, hypothesis)
        for i, (reference, hypothesis) in enumerate(texts)
    ]


def dataset_of(trained: TrainedRun, split: str) -> Any:
    """Return the data set of a split."""
    return trained.data.data_val if split == "val" else trained.data.data_test


def describe(trained: TrainedRun, args: Evaluation) -> dict[str, str]:
    """Return the data, the model and the date of the figures."""
    return {
        "checkpoint": str(trained.filename),
        "sha256": sha256_of(trained.filename),
        "flags": str(config_of(trained.filename, "--checkpoint")),
        "data": f"{type(trained.data).__name__}: {trained.data.provenance}",
        "split": args.split,
        "metric": args.metric,
        "precision": str(trained.args.precision or "32-true"),
        "torch": torch.__version__,
    }


def notices(report: Report) -> list[str]:
    """Return the warnings that belong beside the figures."""
    data = report.about["data"]
    is_iam = "IAM" in data and f"{STAND_IN} for IAM" not in data
    texts = [f"{LICENCE}. So keep this page and its pictures to yourself"] if is_iam else []
    if STAND_IN in data:
        texts.append(NOTICE)
    if report.about["split"] == "test":
        texts.append("Test split: if you choose a model by these figures, you have no test data any more")
    if unit_of(report.examples) != "writer":
        texts.append("The writers are not known: the intervals take examples to be independent of each other")
    return texts


def show(report: Report) -> list[str]:
    """Return the result as lines for the terminal."""
    lines = [f"{key:<11}{value}" for key, value in report.about.items()]
    lines += [f"{name:<11}{text}" for name, text in DEFINITIONS.items()]
    lines += ["", f"CER {show_rate(report.total.cer, 'characters')}", f"WER {show_rate(report.total.wer, 'words')}"]
    lines += show_comparison(report.comparison) if report.comparison else []
    for headline, examples in chosen(report, NUM_PRINTED).items():
        lines += ["", headline, *(line for example in examples for line in show_example(example))]
    return lines


def show_example(example: Example) -> list[str]:
    """Return an example as three lines, even where its text has several."""
    texts = {"written": example.reference, "read": example.hypothesis}
    return [caption(example), *(f"    {name:<9}{text.replace(chr(10), ' / ')}" for name, text in texts.items())]


def caption(example: Example) -> str:
    """Return an example's name and error rate."""
    writer = f", writer {example.writer}" if example.writer else ""
    return f"{example.name}{writer}: CER {example.cer:.0%}, {example.char_edits} edits"


def chosen(report: Report, num_worst: int) -> dict[str, list[Example]]:
    """Return the examples to show, by headline."""
    worst = worst_first(report.examples)[:num_worst]
    num = min(NUM_RANDOM, len(report.examples))
    drawn = np.random.default_rng(SEED).choice(len(report.examples), size=num, replace=False)
    return {WORST: worst, "Random examples": [report.examples[i] for i in sorted(drawn)]}


def write(report: Report, dataset: Any, title: str, dirname: Path, num_pictures: int) -> None:
    """Write the page, the figures, and a picture of the worst examples into a directory."""
    shown = chosen(report, num_pictures)
    pictures = {example.index: draw([example], dataset) for examples in shown.values() for example in examples}
    html = page(title, notices(report), report, shown, pictures)
    with write_atomically(dirname / "report.html") as file:
        file.write(html.encode())
    with write_atomically(dirname / JSON_NAME) as file:
        file.write(json.dumps({"notices": notices(report)} | as_json(report), indent=1).encode())
    with write_atomically(dirname / "worst.png") as file:
        draw(shown[WORST], dataset).save(file, format="png")


def draw(examples: Sequence[Example], dataset: Any) -> Image.Image:
    """Draw the images of some examples, each with its name and error rate beneath."""
    return contact_sheet([dataset[example.index][0] for example in examples], [caption(e) for e in examples])


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(run, Evaluation, __doc__, argv)


if __name__ == "__main__":
    main()
