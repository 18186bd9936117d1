"""`read-paragraph fit`: fits the recogniser to one person's handwriting, from corrections of `read-paragraph serve`."""

import argparse
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import torch

from text_recognizer.corrections.read import read_corrections
from text_recognizer.fitting.examples import Example, cut_examples
from text_recognizer.fitting.fit import FitSettings, LineModel, count_errors, train, weights_of
from text_recognizer.recognizer.artifact_files import (
    CONFIG_FILENAME,
    DECODER_FILENAME,
    LINES_DIRNAME,
    ONNX_FILENAME,
    WEIGHTS_FILENAME,
    check_directory,
    find_artifact,
)
from text_recognizer.recognizer.jobs.job import tell
from text_recognizer.util import UserError
from text_recognizer.whole_directory import write_whole_directory

FEWEST = 6  # lines: 4 to train on and 2 to measure with
HELD_OUT = 0.25  # share of the lines
HELP = {
    "epochs": "passes over the lines",
    "lr": "the highest learning rate",
    "batch_size": "lines in a batch",
    "minutes": "the longest time of training",
    "seed": "seed of the split, the order and the augmentation of lines",
}


def main(argv: list[str] | None = None) -> int:
    """Fit a model; return the exit status: 1 if it did not improve, 2 if it could not be fitted."""
    args = build_parser().parse_args(argv)
    try:
        return fit(args)
    except UserError as error:
        tell(f"error: {error}")
        return 2


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        prog="read-paragraph fit",
        description="Train the line model further on corrected pages of one handwriting, and write a new model if it "
        "reads held-out lines better.",
        allow_abbrev=False,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("corrections", type=Path, help="a folder of corrections")
    parser.add_argument("--output", type=Path, required=True, help="the folder for the new model")
    parser.add_argument("--artifact_dirname", help="the model to start from")
    for field in fields(FitSettings):
        parser.add_argument(f"--{field.name}", type=type(field.default), default=field.default, help=HELP[field.name])
    return parser


def fit(args: argparse.Namespace) -> int:
    """Fit a model and report the result."""
    if args.output.exists():
        raise UserError(f"--output={args.output}: there is one already. Expected a new folder: nothing is overwritten")
    dirname = find_artifact(args.artifact_dirname)
    check_directory(dirname)
    if not (dirname / LINES_DIRNAME).is_dir():
        raise UserError(f"{dirname}: has no line model, and only that is fitted. Expected an artifact with lines/")
    settings = FitSettings(**{field.name: getattr(args, field.name) for field in fields(FitSettings)})
    model = LineModel(dirname / LINES_DIRNAME)
    examples = load_examples(args.corrections, model)
    learnt, held_out = split(examples, settings.seed)
    tell(f"{len(learnt)} lines to train on, {len(held_out)} held out")
    before, characters = count_errors(model, held_out)
    epochs = train(model, learnt, settings, tell)
    after, _ = count_errors(model, held_out)
    tell(f"errors in {characters} held-out characters: {before} before, {after} after {epochs} epochs")
    if after >= before:
        tell(f"it did not improve, so {args.output} is not written. Correct more lines, and try again")
        return 1
    write(dirname, args.output, model, {**asdict(settings), "lines": len(learnt), "before": before, "after": after})
    tell(f"{args.output} is written. Read with it: --artifact_dirname={args.output}")
    return 0


def load_examples(corrections: Path, model: LineModel) -> list[Example]:
    """Return the lines of a folder of corrections whose characters are all in the model's vocabulary."""
    lines = read_corrections(corrections)
    known = [line for line in lines if line.text and model.knows(line.text)]
    if len(known) < len(lines):
        tell(f"{len(lines) - len(known)} lines left out: some of their characters are not in the model's vocabulary")
    examples = cut_examples(known)
    if len(examples) < FEWEST:
        raise UserError(f"{corrections}: {len(examples)} lines. Expected {FEWEST} or more: correct another page")
    return examples


def split(examples: Sequence[Example], seed: int) -> tuple[list[Example], list[Example]]:
    """Split lines at random into lines to train on and held-out lines."""
    order = np.random.default_rng(seed).permutation(len(examples))
    number = max(2, round(HELD_OUT * len(examples)))
    return [examples[i] for i in sorted(order[number:])], [examples[i] for i in sorted(order[:number])]


def write(old: Path, new: Path, model: LineModel, about: dict[str, float]) -> None:
    """Write a copy of an artifact with new weights, without its exported graphs, which hold the old weights."""
    new.parent.mkdir(parents=True, exist_ok=True)
    with write_whole_directory(new) as part:
        shutil.copytree(old, part, dirs_exist_ok=True)
        lines = part / LINES_DIRNAME
        for name in (ONNX_FILENAME, DECODER_FILENAME):
            (lines / name).unlink(missing_ok=True)
        torch.save(weights_of(model), lines / WEIGHTS_FILENAME)
        config = json.loads((lines / CONFIG_FILENAME).read_text(encoding="utf-8"))
        (lines / CONFIG_FILENAME).write_text(json.dumps(config | {"fitted": about}, indent=1) + "\n", encoding="utf-8")
