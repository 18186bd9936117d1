"""`read-paragraph fit`: fits the recogniser to one hand, on corrections that `read-paragraph serve` keeps."""

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

FEWEST = 6  # lines: 4 to learn from and 2 to measure with
HELD_OUT = 0.25  # share of the lines
HELP = {
    "epochs": "how often each line is seen",
    "lr": "the highest learning rate",
    "batch_size": "lines at a time",
    "minutes": "when to stop at the latest",
    "seed": "chance: the order of lines, their changes, which are held out",
}


def main(argv: list[str] | None = None) -> int:
    """Fit a model; return 1 if it did not get better, and 2 if it could not be fitted."""
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
        description="Train the model of lines further on corrected pages of one hand, and write a new model, if lines "
        "that were held out are read better.",
        allow_abbrev=False,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("corrections", type=Path, help="a folder of corrections")
    parser.add_argument("--output", type=Path, required=True, help="the folder for the new model")
    parser.add_argument("--artifact_dirname", help="the model to begin with")
    for field in fields(FitSettings):
        parser.add_argument(f"--{field.name}", type=type(field.default), default=field.default, help=HELP[field.name])
    return parser


def fit(args: argparse.Namespace) -> int:
    """Fit a model, and tell what became of it."""
    if args.output.exists():
        raise UserError(f"--output={args.output}: there is one already. Expected a new folder: nothing is written over")
    dirname = find_artifact(args.artifact_dirname)
    check_directory(dirname)
    if not (dirname / LINES_DIRNAME).is_dir():
        raise UserError(f"{dirname}: has no model of lines, and only that is fitted. Expected an artifact with lines/")
    settings = FitSettings(**{field.name: getattr(args, field.name) for field in fields(FitSettings)})
    model = LineModel(dirname / LINES_DIRNAME)
    examples = load_examples(args.corrections, model)
    learnt, held_out = split(examples, settings.seed)
    tell(f"{len(learnt)} lines to learn from, {len(held_out)} held out")
    before, characters = count_errors(model, held_out)
    epochs = train(model, learnt, settings, tell)
    after, _ = count_errors(model, held_out)
    tell(f"errors in {characters} characters that were held out: {before} before, {after} after {epochs} epochs")
    if after >= before:
        tell(f"it did not get better, so {args.output} is not written. Correct more lines, and try again")
        return 1
    write(dirname, args.output, model, {**asdict(settings), "lines": len(learnt), "before": before, "after": after})
    tell(f"{args.output}: read with it by --artifact_dirname={args.output}")
    return 0


def load_examples(corrections: Path, model: LineModel) -> list[Example]:
    """Return the lines of a folder of corrections that the model can write."""
    lines = read_corrections(corrections)
    known = [line for line in lines if line.text and model.knows(line.text)]
    if len(known) < len(lines):
        tell(f"{len(lines) - len(known)} lines left out: the model cannot write all of their characters")
    examples = cut_examples(known)
    if len(examples) < FEWEST:
        raise UserError(f"{corrections}: {len(examples)} lines. Expected {FEWEST} or more: correct another page")
    return examples


def split(examples: Sequence[Example], seed: int) -> tuple[list[Example], list[Example]]:
    """Hold some lines out, by chance."""
    order = np.random.default_rng(seed).permutation(len(examples))
    number = max(2, round(HELD_OUT * len(examples)))
    return [examples[i] for i in sorted(order[number:])], [examples[i] for i in sorted(order[:number])]


def write(old: Path, new: Path, model: LineModel, about: dict[str, float]) -> None:
    """Write a copy of an artifact with the new weights; exported graphs, which hold the old ones, are left out."""
    new.parent.mkdir(parents=True, exist_ok=True)
    with write_whole_directory(new) as part:
        shutil.copytree(old, part, dirs_exist_ok=True)
        lines = part / LINES_DIRNAME
        for name in (ONNX_FILENAME, DECODER_FILENAME):
            (lines / name).unlink(missing_ok=True)
        torch.save(weights_of(model), lines / WEIGHTS_FILENAME)
        config = json.loads((lines / CONFIG_FILENAME).read_text(encoding="utf-8"))
        (lines / CONFIG_FILENAME).write_text(json.dumps(config | {"fitted": about}, indent=1) + "\n", encoding="utf-8")
