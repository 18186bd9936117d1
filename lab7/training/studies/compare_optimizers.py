"""Trains one network with each optimizer for the same number of steps, with several seeds.

    python training/studies/compare_optimizers.py
    python training/studies/compare_optimizers.py --optimizers=Adam,Lion --seeds=1 --data_class=IAMLines \\
        --model_class=LineTDS --loss=ctc --batch_size=16 --max_steps=500

An optimizer is only as good as its learning rate. So each is tried with its usual rate, a third of it and three times
it, with the first seed; the other seeds use the rate with the lowest validation loss. Flags that --help does not list
are flags of run_experiment.py, the same in each training.
"""

import math
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from training.benchmarks.timing import processor, table
from training.command_line.flags import parse
from training.command_line.settings import one_line_errors, parse_beside_run
from training.studies.ablate_engine import parse_seeds
from training.studies.short_runs import SET_HERE, ShortRun, check_names, parse_numbers, run_short

# Usual learning rates for small networks: Adam's and its variants' from papers or PyTorch, Lion's a tenth of Adam's.
LEARNING_RATES = {"Adam": 1e-3, "AdamW": 1e-3, "RAdam": 1e-3, "Lion": 1e-4, "Adan": 1e-3, "LaProp": 4e-4}
RECIPE = ["--data_class=MNIST", "--model_class=LeNet", "--lenet_channels=[8,16]", "--batch_size=64", "--max_steps=400"]


@dataclass
class Comparison:
    """What to compare.

    Parameters
    ----------
    optimizers
        Names, separated by commas.
    seeds
        Seeds, one run each, separated by commas.
    factors
        Multiples of the usual learning rate that are tried with the first seed.
    """

    optimizers: str = ",".join(LEARNING_RATES)
    seeds: str = "1,2,3"
    factors: str = "0.3,1,3"

    def __post_init__(self) -> None:
        self.names = check_names(self.optimizers, LEARNING_RATES, "optimizers")
        self.chosen_seeds = parse_seeds(self.seeds)
        self.chosen_factors = parse_numbers(self.factors, "factors")


def compare(args: Comparison, flags: Sequence[str]) -> dict[str, list[ShortRun]]:
    """Print a row for each optimizer; return its runs, one for each seed."""
    rows = []
    results = {}
    for name in args.names:
        lr, first = best_of(name, args, flags)
        results[name] = [first, *(one_run(name, lr, seed, flags) for seed in args.chosen_seeds[1:])]
        rows.append(row_of(name, lr, results[name]))
        print("  ".join(rows[-1]), flush=True)
    print(f"{first.provenance}\n{first.steps} steps each, seeds {args.seeds}; {processor()}")
    print(table([("optimizer", "lr", "val_loss", "spread", rate_of(first), "ms a step"), *rows]))
    print(f"Flags: {' '.join([*RECIPE, *flags])}")
    return results


def rate_of(run: ShortRun) -> str:
    """Return the name of the error rate that is shown beside the loss."""
    return next((key for key in ("val_cer", "val_acc") if key in run.metrics), "val_loss")


def row_of(name: str, lr: float, runs: Sequence[ShortRun]) -> tuple[str, ...]:
    """Return an optimizer's row: means over seeds, and the standard deviation of the loss."""
    losses = [run.metrics["val_loss"] for run in runs]
    spread = f"{statistics.stdev(losses):.4f}" if len(losses) > 1 else "-"
    rate = statistics.mean(run.metrics[rate_of(run)] for run in runs)
    step = statistics.mean(1000 * run.seconds / max(1, run.steps) for run in runs)
    return name, f"{lr:.2g}", f"{statistics.mean(losses):.4f}", spread, f"{rate:.2%}", f"{step:.1f}"


def best_of(name: str, args: Comparison, flags: Sequence[str]) -> tuple[float, ShortRun]:
    """Return the learning rate with the lowest validation loss, and its run with the first seed."""
    rates = [LEARNING_RATES[name] * factor for factor in args.chosen_factors]
    runs = {lr: one_run(name, lr, args.chosen_seeds[0], flags) for lr in rates}
    losses = {lr: run.metrics["val_loss"] for lr, run in runs.items()}
    lr = min(losses, key=lambda rate: losses[rate] if math.isfinite(losses[rate]) else math.inf)
    return lr, runs[lr]


def one_run(name: str, lr: float, seed: int, flags: Sequence[str]) -> ShortRun:
    """Train with one optimizer."""
    return run_short([*RECIPE, *flags, f"--optimizer={name}", f"--lr={lr}", f"--seed={seed}"])


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    with one_line_errors():
        set_here = [*SET_HERE, "--optimizer", "--lr", "--one_cycle_max_lr"]
        args, flags = parse_beside_run(Comparison, __doc__, argv, lambda _: RECIPE, set_here)
        parse([*RECIPE, *flags])  # reports a wrong flag before anything is trained
        compare(args, flags)


if __name__ == "__main__":
    main()
