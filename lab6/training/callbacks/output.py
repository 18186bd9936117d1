"""How much a run says, and tables of what it reads."""

import csv
import io
import logging
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelSummary, ProgressBar
from pytorch_lightning.utilities import rank_zero_only

from text_recognizer.util import UserError, write_atomically
from text_recognizer.vocabulary import tokenizer_of
from training.callbacks.readings import captions

QUIET, USUAL, ALL = 0, 1, 2
LEVELS = {QUIET: logging.ERROR, USUAL: logging.INFO, ALL: logging.DEBUG}
NUM_READINGS = 20  # of a batch


class Output(pl.Callback):
    """Say as much as is wanted, how long the training took, and write tables of what is read.

    Parameters
    ----------
    verbosity
        0: results and errors only; 1: as usual; 2: also what Lightning notes for those who look for a mistake.
    prediction_tables
        After each epoch write what is read on the first training and validation images: predictions_train.csv and
        predictions_val.csv beside the logs.
    """

    def __init__(self, verbosity: int = USUAL, prediction_tables: bool = False) -> None:
        if verbosity not in LEVELS:
            raise UserError(f"--verbosity={verbosity}: expected 0, 1 or 2")
        self.verbosity = verbosity
        self.has_tables = prediction_tables
        self.start = 0.0
        self.rows: dict[str, list[list[str]]] = {"train": [], "val": []}

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Set how much is said."""
        if self.verbosity != USUAL:
            logging.getLogger("pytorch_lightning").setLevel(LEVELS[self.verbosity])
        if self.verbosity == QUIET:
            for callback in trainer.callbacks:  # type: ignore[attr-defined]
                if isinstance(callback, ProgressBar):
                    callback.disable()
                if isinstance(callback, ModelSummary):
                    callback._max_depth = 0

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock."""
        self.start = time.perf_counter()

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Say how long it took."""
        if self.verbosity > QUIET:
            duration = timedelta(seconds=round(time.perf_counter() - self.start))
            rank_zero_only(print)(f"Trained {trainer.current_epoch} epochs, {trainer.global_step} steps, in {duration}")

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, index: int
    ) -> None:
        """Read the first training images of an epoch."""
        if index == 0:
            self._read(trainer, pl_module, batch, "train")

    def on_validation_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, index: int, loader: int = 0
    ) -> None:
        """Read the first validation images."""
        if index == 0 and not trainer.sanity_checking:
            self._read(trainer, pl_module, batch, "val")

    def _read(self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, split: str) -> None:
        log_dirname = getattr(trainer.logger, "log_dir", None)
        if not self.has_tables or log_dirname is None or not trainer.is_global_zero:
            return
        x, y = (part[:NUM_READINGS] for part in batch)
        texts = read_as_in_validation(pl_module, x, y, trainer)
        self.rows[split] += [[str(trainer.current_epoch), str(i), *halves(text)] for i, text in enumerate(texts)]
        table = io.StringIO()
        csv.writer(table).writerows([["epoch", "image", "read", "written"], *self.rows[split]])
        with write_atomically(Path(log_dirname) / f"predictions_{split}.csv") as file:
            file.write(table.getvalue().encode())


def read_as_in_validation(pl_module: pl.LightningModule, x: Any, y: Any, trainer: pl.Trainer) -> list[str]:
    """Return what is read and written, without dropout and without the training's random numbers being used up."""
    is_training = pl_module.training
    pl_module.eval()
    with torch.no_grad(), trainer.precision_plugin.forward_context():
        texts = captions(pl_module, x, y, tokenizer_of(trainer.datamodule.config()))  # type: ignore[attr-defined]
    pl_module.train(is_training)
    return texts


def halves(text: str) -> list[str]:
    """Return what is read and what is written, of a caption."""
    read, _, written = text.partition("\nwritten: ")
    return [read.removeprefix("read: "), written]
