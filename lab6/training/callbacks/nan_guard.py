"""Stops a training when its loss is no longer a finite number."""

from typing import Any

import pytorch_lightning as pl
import torch

from text_recognizer.util import UserError

CHECK_EVERY_NUM_STEPS = 10
CURE = "Lower --lr, or bound the gradients with --gradient_clip_val=1"


class NaNGuard(pl.Callback):
    """Stop as soon as the training loss, or the validation loss, is not finite.

    Each loss is tested on its own device, and only every tenth step copies the result to the CPU, so a GPU need not
    wait at each step, as it must with Lightning's anomaly detector. If one of several processes has to stop, all stop.

    Parameters
    ----------
    nan_guard
        Stop as soon as the loss is not a finite number.
    """

    def __init__(self, nan_guard: bool = True) -> None:
        self.is_on = nan_guard
        self.first_bad_step: torch.Tensor | None = None  # -1 while all is well

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Note a loss that is not finite; check every few steps whether there was one."""
        if not self.is_on:
            return
        loss = outputs["loss"]
        if self.first_bad_step is None:
            self.first_bad_step = torch.full((), -1, device=loss.device)
        is_first = ~torch.isfinite(loss) & (self.first_bad_step < 0)
        self.first_bad_step = torch.where(is_first, trainer.global_step, self.first_bad_step)
        if batch_idx % CHECK_EVERY_NUM_STEPS == 0:
            self._check_training(trainer)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Check at the end of an epoch, with or without validation."""
        self._check_training(trainer)

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Check before a validation."""
        self._check_training(trainer)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Check the validation loss, before Lightning keeps these weights as the best."""
        val_loss = trainer.callback_metrics.get("val_loss")
        if self.is_on and not trainer.sanity_checking and val_loss is not None and not torch.isfinite(val_loss):
            raise UserError(f"the validation loss is {val_loss.item()}, not a finite number. {CURE}")

    def _check_training(self, trainer: pl.Trainer) -> None:
        step = -1 if self.first_bad_step is None else int(self.first_bad_step)
        if self.is_on and trainer.strategy.reduce_boolean_decision(step >= 0, all=False):
            at = f"at step {step}" if step >= 0 else "in another process"
            raise UserError(f"the training loss was not a finite number {at}. {CURE}")
