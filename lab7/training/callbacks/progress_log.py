"""Shows the progress of a training: its speed, and the current predictions."""

import time
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from text_recognizer.images.pictures import contact_sheet
from text_recognizer.util import write_atomically
from text_recognizer.vocabulary import tokenizer_of
from training.callbacks.readings import captions

NUM_READINGS = 4
FILENAME = "readings.png"


class ProgressLog(pl.Callback):
    """Log the training examples per second of each epoch; draw predictions for the first validation images.

    The picture, `readings.png` beside the logs, is replaced after each validation.

    Parameters
    ----------
    draw_readings
        After each validation draw some images with what is read on them.
    """

    def __init__(self, draw_readings: bool = False) -> None:
        self.draws = draw_readings
        self.start = 0.0
        self.num_examples = 0

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock."""
        self.start, self.num_examples = time.perf_counter(), 0

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Count examples; after the last batch, log the speed, without the time of the validation."""
        self.num_examples += len(batch[0])
        if trainer.is_last_batch:
            speed = self.num_examples * trainer.world_size / (time.perf_counter() - self.start)
            pl_module.log("train_examples_per_second", speed, on_step=False, on_epoch=True, rank_zero_only=True)

    def on_validation_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Draw the picture."""
        log_dirname = getattr(trainer.logger, "log_dir", None)
        if not self.draws or batch_idx > 0 or trainer.sanity_checking or log_dirname is None:
            return
        tokenizer = tokenizer_of(trainer.datamodule.config())  # type: ignore[attr-defined]
        x, y = (part[:NUM_READINGS] for part in batch)
        with trainer.precision_plugin.forward_context():
            texts = captions(pl_module, x, y, tokenizer)
        if trainer.is_global_zero:
            with write_atomically(Path(log_dirname) / FILENAME) as file:
                contact_sheet(list(x.float().cpu()), texts).save(file, format="png")
