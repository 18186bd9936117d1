"""The trainings that run_experiment.py logged on this machine, and which of them is the best."""

import csv
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import yaml

from text_recognizer.data.storage.stand_in import STAND_IN
from text_recognizer.util import UserError
from training.callbacks.run_record import split_tags

Mode = Literal["min", "max"]
CHECKPOINT = re.compile(r"epoch=(\d+)-val_loss=(-?\d+\.\d+)(-v\d+)?\.ckpt")  # as run_experiment.py names them
ROUNDING = 0.00005  # their names have four decimals
PARTIAL = ("overfit_batches", "limit_val_batches")
LASTING = "test_"  # metrics measured once, with the best checkpoint


@dataclass(frozen=True)
class Checkpoint:
    """The weights that a run kept, and what was measured with them."""

    filename: Path
    metrics: dict[str, float]


class Run(Protocol):
    """A training, wherever it was logged.

    `flags` are those of run_experiment.py, `tags` the words of --tags; `values` all finite values of each metric;
    `num_epochs` counts those that were validated, with the epochs of the run that it went on with.
    """

    name: str
    flags: dict[str, Any]
    tags: list[str]
    values: dict[str, list[float]]
    num_epochs: int

    @property
    def has_weights(self) -> bool:
        """Whether there are weights to be had."""

    def best_checkpoint(self, dirname: Path) -> Checkpoint:
        """Return the run's best checkpoint, downloaded into a directory if it is not here."""


class LocalRun:
    """A run whose logs are on this machine.

    Parameters
    ----------
    dirname
        Its log directory, with config.yaml, metrics.csv and checkpoints.
    """

    def __init__(self, dirname: Path) -> None:
        self.dirname = dirname
        text = (dirname / "config.yaml").read_text(encoding="utf-8")
        self.name = f"{dirname.parent.name}/{dirname.name}"
        if STAND_IN in text:
            self.name += f" ({STAND_IN})"
        self.flags: dict[str, Any] = yaml.safe_load(text)
        if not isinstance(self.flags, dict):
            raise ValueError("its config.yaml holds no flags")
        self.tags = split_tags(self.flags.get("tags") or "")
        with (dirname / "metrics.csv").open(encoding="utf-8", newline="") as file:
            self.rows = [_numbers_of(row) for row in csv.DictReader(file)]
        names = sorted({name for row in self.rows for name in row} - {"epoch", "step"})
        self.kept = self._find_kept()
        rows = [row for row in self.rows if not self._has_lost(row)]
        self.num_epochs = 1 + int(max((row.get("epoch", -1) for row in rows if "val_loss" in row), default=-1))
        self.values = {name: [row[name] for row in rows if name in row] for name in names}

    @property
    def has_weights(self) -> bool:
        """Whether it kept a best checkpoint."""
        return bool(self.kept)

    def _has_lost(self, row: dict[str, float]) -> bool:
        """Tell whether a row measured weights that are gone: the run was killed before it could write a checkpoint."""
        return bool(self.kept) and row.get("val_loss", math.inf) < self.kept[0][0] - ROUNDING

    def _find_kept(self) -> list[tuple[float, int, Path]]:
        """Return each best checkpoint of the run with its val_loss and its epoch; the best of all comes first."""
        found = [
            (float(match[2]), int(match[1]), path)
            for path in (self.dirname / "checkpoints").glob("*.ckpt")
            if (match := CHECKPOINT.fullmatch(path.name))
        ]
        return sorted(found, key=lambda one: (one[0], -one[1], one[2]))

    def best_checkpoint(self, dirname: Path) -> Checkpoint:
        """Return the checkpoint with the lowest val_loss; last.ckpt is not it, unless the last epoch was the best."""
        if not self.kept:
            raise UserError(
                f"{self.dirname} is the best run, but has no checkpoint: expected checkpoints/epoch=…-val_loss=….ckpt. "
                "Train it again, or delete its directory to save another run"
            )
        _, epoch, filename = self.kept[0]
        return Checkpoint(filename, self._metrics_of(epoch))

    def _metrics_of(self, epoch: int) -> dict[str, float]:
        metrics = {name: values[-1] for name, values in self.values.items() if name.startswith(LASTING)}
        for row in self.rows:
            if row.get("epoch") == epoch:
                metrics |= {name: value for name, value in row.items() if name in self.values}
        return metrics


def _numbers_of(row: dict[str, str]) -> dict[str, float]:
    """Return the finite numbers in a row of metrics.csv."""
    numbers = {name: float(value) for name, value in row.items() if name and value}
    return {name: value for name, value in numbers.items() if math.isfinite(value)}


def local_runs(log_dirname: Path) -> list[LocalRun]:
    """Return the runs below a directory of logs; one that ended before its first epoch is left out."""
    if not log_dirname.is_dir():
        raise UserError(f"--log_dirname={log_dirname}: no such directory. Train first, or say where the logs are")
    runs = []
    for filename in sorted(log_dirname.glob("*/version_*/metrics.csv")):
        try:
            runs.append(LocalRun(filename.parent))
        except (OSError, ValueError, yaml.YAMLError) as error:
            print(f"left out: {filename.parent}: {' '.join(str(error).split())}")
    return runs


def choose_best(runs: Sequence[Run], data_class: str, metric: str, mode: Mode, where: str) -> Run:
    """Return the run that was trained on a data class and has the best value of a metric in any epoch.

    Raises
    ------
    UserError
        If there is no such run.
    """
    theirs = [run for run in runs if run.flags.get("data_class") == data_class]
    if not theirs:
        counts = Counter(str(run.flags.get("data_class")) for run in runs)
        there = ", ".join(f"{name} ({number})" for name, number in sorted(counts.items())) or "none at all"
        raise UserError(f"--trained_data_class={data_class}: no such run in {where}; there are runs of: {there}")
    # Validated on the batches that it learnt by heart, or on a few easy ones, such a run beats every honest one.
    honest = [run for run in theirs if not is_partial(run.flags)]
    if not honest:
        raise UserError(
            f"--trained_data_class={data_class}: all runs in {where} are with --{' or --'.join(PARTIAL)}: expected one "
            "that was validated on all of the validation data"
        )
    # What is drawn is easier to read than what people write: it counts only where there is nothing else.
    honest = [run for run in honest if STAND_IN not in run.name] or honest
    honest = [run for run in honest if run.has_weights] or honest
    measured = [run for run in honest if run.values.get(metric)]
    if not measured:
        names = ", ".join(sorted({name for run in honest for name, values in run.values.items() if values})) or "none"
        raise UserError(f"--metric={metric}: no run of {data_class} in {where} has a finite one. They have: {names}")
    losses = {(run.flags.get("loss"), run.flags.get("ctc_weight") or 0) for run in measured}
    if metric.endswith("_loss") and len(losses) > 1:
        raise UserError(
            f"--metric={metric}: the runs of {data_class} in {where} have different losses, which do not compare: "
            f"{', '.join(sorted(f'--loss={loss} --ctc_weight={weight:g}' for loss, weight in losses))}. Type, for "
            "instance, --metric=val_cer"
        )
    return (min if mode == "min" else max)(measured, key=lambda run: best_value(run, metric, mode))


def is_partial(flags: dict[str, Any]) -> bool:
    """Tell whether a run was validated on less than all validation data; 1.0 is all of it, 1 is one batch."""
    return any(flags.get(flag) and str(flags[flag]) != "1.0" for flag in PARTIAL)


def best_value(run: Run, metric: str, mode: Mode) -> float:
    """Return the best value of a metric in any epoch of a run."""
    return (min if mode == "min" else max)(run.values[metric])
