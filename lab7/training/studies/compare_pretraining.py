"""Measures whether pre-training on unlabelled lines, or on texts, helps a network that then learns from few lines.

    python training/studies/compare_pretraining.py --what=cpc
    python training/studies/compare_pretraining.py --what=masked --lines=100 --seeds=1 --minutes=2 --before=1

--what=cpc: an encoder predicts windows of unlabelled lines (InfoNCE), then learns to read with CTC. --what=masked: the
token part of a decoder predicts masked characters of texts, then learns to decode images. Each is compared with the
same network without pre-training, with as much time for the labelled lines. Flags that --help does not list are those
of run_experiment.py, the same in each training of labelled lines.
"""

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import pytorch_lightning as pl

from text_recognizer.util import UserError
from text_recognizer.vocabulary import tokenizer_of
from training.benchmarks.timing import table
from training.command_line.flags import build, parse
from training.command_line.settings import one_line_errors, parse_beside_run
from training.studies.ablate_engine import parse_seeds
from training.studies.masked_characters import train_masked
from training.studies.short_runs import SET_HERE, ShortRun, Weights, machine, parse_numbers, run_short, time_flags

COMMON = ["--data_class=FewIAMLines", "--batch_size=16", "--optimizer=AdamW", "--lr=0.001", "--gradient_clip_val=1"]
RECIPES = {
    "cpc": [*COMMON, "--model_class=LineResNetLSTM", "--loss=ctc"],
    "masked": [*COMMON, "--model_class=ConvTransformer", "--loss=transformer", "--ctc_weight=1"],
}
UNLABELLED = ["--data_class=IAMLines", "--model_class=CPC", "--loss=cpc", "--batch_size=16", "--optimizer=AdamW"]


@dataclass
class Pretraining:
    """What to compare.

    Parameters
    ----------
    what
        The pre-training.
    lines
        Numbers of labelled lines, separated by commas.
    seeds
        Seeds, one run each, separated by commas.
    minutes
        Minutes of each training on labelled lines, at most: --max_steps may end it earlier.
    before
        Minutes of pre-training, once for each seed.
    """

    what: Literal["cpc", "masked"] = "cpc"
    lines: str = "100,1000"
    seeds: str = "1,2"
    minutes: float = 10.0
    before: float = 10.0

    def __post_init__(self) -> None:
        self.numbers = [int(number) for number in parse_numbers(self.lines, "lines")]
        self.chosen_seeds = parse_seeds(self.seeds)
        if not (self.minutes > 0 and self.before > 0):
            raise UserError(f"--minutes={self.minutes} --before={self.before}: expected more than 0")

    @property
    def recipe(self) -> list[str]:
        """The flags of a training on labelled lines."""
        return RECIPES[self.what]


def compare(args: Pretraining, flags: Sequence[str]) -> dict[tuple[int, str], list[ShortRun]]:
    """Train with and without pre-training; print a row for each number of lines; return the runs."""
    results: dict[tuple[int, str], list[ShortRun]] = {}
    for seed in args.chosen_seeds:
        start = learn_before(args, seed, flags)
        for number in args.numbers:
            for way, weights in (("without", None), ("with", start)):
                one = [*args.recipe, *time_flags(args.minutes), *flags, f"--num_iam_lines={number}", f"--seed={seed}"]
                run = run_short(one, weights)
                results.setdefault((number, way), []).append(run)
                print(
                    f"{number} lines, seed {seed}, {way}: {run.steps} steps, CER {run.metrics['val_cer']:.2%}",
                    flush=True,
                )
    print(f"{run.provenance}; at most {args.minutes:g} minutes each, {args.before:g} before; {machine()}")
    print(
        table(
            [("lines", "CER without", "CER with", "difference"), *(row_of(number, results) for number in args.numbers)]
        )
    )
    return results


def row_of(number: int, results: dict[tuple[int, str], list[ShortRun]]) -> tuple[str, ...]:
    """Return a row for a number of lines: the means over seeds, and each seed's difference."""
    without, with_it = ([run.metrics["val_cer"] for run in results[number, way]] for way in ("without", "with"))
    differences = ", ".join(f"{100 * (two - one):+.1f}" for one, two in zip(without, with_it, strict=True))
    return f"{number:,}", f"{statistics.mean(without):.2%}", f"{statistics.mean(with_it):.2%}", differences


def learn_before(args: Pretraining, seed: int, flags: Sequence[str]) -> Weights:
    """Pre-train and print the result; return the weights to start from."""
    if args.what == "cpc":
        run = run_short([*UNLABELLED, *time_flags(args.before), f"--seed={seed}"])
        shown = ", ".join(f"{name} {run.metrics[f'val_{name}']:.3f}" for name in ("loss", "chosen", "bound"))
        print(f"CPC, seed {seed}: {run.steps} steps; {shown}; {run.provenance}", flush=True)
        weights = run.lit_model.model.state_dict()
        return {name: value for name, value in weights.items() if name.startswith("encoder.")}
    parsed = parse([*args.recipe, *flags, f"--seed={seed}"])
    pl.seed_everything(seed, workers=True, verbose=False)
    config = build(parsed.classes["data_class"], parsed).config()
    decoder = build(parsed.classes["model_class"], parsed, config).decoder
    masked = train_masked(decoder, tokenizer_of(config), args.before, seed)
    print(f"Masked characters, seed {seed}: {masked.steps} steps, {masked.guessed:.1%} guessed", flush=True)
    return {f"decoder.{name}": value for name, value in masked.weights.items()}


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    with one_line_errors():
        set_here = [*SET_HERE, "--num_iam_lines", "--max_epochs"]
        args, flags = parse_beside_run(Pretraining, __doc__, argv, lambda one: one.recipe, set_here)
        parse([*args.recipe, *flags])  # reports a wrong flag before anything is trained
        compare(args, flags)


if __name__ == "__main__":
    main()
