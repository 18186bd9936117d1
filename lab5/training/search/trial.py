"""One training of a search, which reports its metric to the search after each epoch."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytorch_lightning as pl

from text_recognizer.util import UserError
from training import run_experiment
from training.command_line.flags import parse


class Report(pl.Callback):
    """Reports the metric to a search after each validation.

    Parameters
    ----------
    metric
        Its name.
    tell
        Takes the epoch, which begins with 1, the value, and the trainer; it may end the training with an exception.
    """

    def __init__(self, metric: str, tell: Callable[[int, float, pl.Trainer], None]) -> None:
        self.metric = metric
        self.tell = tell
        self.values: list[float] = []

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Report it; at this time the validation of the epoch is over, and its checkpoint is written."""
        if self.metric not in trainer.callback_metrics:
            names = ", ".join(sorted(trainer.callback_metrics))
            raise UserError(f"the sweep's metric {self.metric}: no such metric. Expected one of {names}")
        self.values.append(float(trainer.callback_metrics[self.metric]))
        self.tell(trainer.current_epoch + 1, self.values[-1], trainer)


def train(flags: Sequence[str], metric: str, tell: Callable[[int, float, pl.Trainer], None]) -> list[float]:
    """Train with some flags; return the metric after each epoch. The test data is not touched."""
    args = parse([*flags, "--enable_progress_bar=false", "--enable_model_summary=false"])
    report = Report(metric, tell)
    args.callbacks = [*own_callbacks(args.callbacks), report]
    run_experiment.train(args)
    return report.values


def own_callbacks(given: Any) -> list[pl.Callback]:
    """Return the callbacks that the user gave, as a list."""
    return given if isinstance(given, list) else [given] if given else []


def best_of(values: Sequence[float], goal: str) -> float:
    """Return the best of some values; NaN if none of them is finite."""
    numbers = [value for value in values if math.isfinite(value)]
    return (min if goal == "minimize" else max)(numbers, default=math.nan)
