"""Checkpoints from which a training can be resumed, whatever stopped it: whole files, of whole epochs."""

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO
from pytorch_lightning.callbacks import ModelCheckpoint

from text_recognizer.util import write_atomically

STOPPED_NAME = "stopped.ckpt"  # the weights of a training that --max_steps stopped within an epoch


class WholeCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint under its name only when all of it is on the disk.

    Lightning writes to a temporary file too, but copies it if that is on another file system. When the disk is full,
    the newest checkpoint would then be half a file.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Write a checkpoint."""
        if "://" in str(path):  # a bucket's files are whole or not there
            super().save_checkpoint(checkpoint, path, storage_options)
            return
        with write_atomically(Path(path)) as file:
            torch.save(checkpoint, file)


class WholeEpochs(ModelCheckpoint):
    """Keeps the best checkpoint, and in `last.ckpt` the last whole epoch, which `--resume` goes on from.

    Lightning writes `last.ckpt` only beside a new best checkpoint. Here it is written after each epoch, also where the
    validation loss rose, and where `--check_val_every_n_epoch` leaves out the validation.

    An epoch that `--max_steps` cuts short is repeated from its start when the training is resumed, with the same
    examples, so that the weights become those of a training that was never stopped. The weights at the stop are in
    `stopped.ckpt`, or in `last.ckpt` if there was no whole epoch.
    """

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save a whole epoch."""
        if is_cut_short(trainer) and self.last_model_path:
            trainer.save_checkpoint(Path(self.last_model_path).with_name(STOPPED_NAME))
            return
        super().on_train_epoch_end(trainer, pl_module)
        if not self._should_skip_saving_checkpoint(trainer):  # it was not saved beside a new best checkpoint
            self._save_last_checkpoint(trainer, self._monitor_candidates(trainer))


def is_cut_short(trainer: pl.Trainer) -> bool:
    """Tell whether the training stopped before the last batch of the epoch."""
    progress = trainer.fit_loop.epoch_loop.batch_progress
    return not progress.is_last_batch and progress.current.ready < trainer.num_training_batches


def end_epochs_once(trainer: pl.Trainer) -> None:
    """Let a resumed training with --max_steps start at the next epoch, as one with --max_epochs does.

    Lightning assumes that a training with a number of steps never reaches the end of an epoch. When it resumes, it ends
    the checkpoint's epoch a second time: it counts the epoch twice, calls EarlyStopping without a validation, and draws
    other random numbers than an uninterrupted training.
    """
    trainer.fit_loop._iteration_based_training = lambda: False  # type: ignore[method-assign]
