"""Trains a classifier: from the logits of a batch to its loss.

Letters in this file: B batch, C classes, S labels in a row.
"""

import math
from collections.abc import Callable
from typing import Any

import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torchmetrics.classification import MulticlassAccuracy

from text_recognizer.models.base import Model
from text_recognizer.util import UserError

# SparseAdam takes sparse gradients only, which no model here has.
OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    name: cls
    for name, cls in sorted(vars(torch.optim).items())
    if isinstance(cls, type)
    and issubclass(cls, torch.optim.Optimizer)
    and cls not in (torch.optim.Optimizer, torch.optim.SparseAdam)
}


class BaseLitModel(pl.LightningModule):
    """Trains a model with cross entropy on one label per image, or on a row of labels.

    Lightning's Trainer calls `training_step` with each training batch, and changes the weights so that the loss that it
    returns gets smaller. With `validation_step` and `test_step` it only measures.

    Parameters
    ----------
    model
        The network; its `forward` gives logits (B, C), or (B, C, S) for rows of labels.
    data_config
        The data's `config()`.
    optimizer
        Name of a class in `torch.optim`.
    lr
        Learning rate; not used where `one_cycle_max_lr` is given.
    one_cycle_max_lr
        Peak of a one-cycle schedule over the whole training, stepped at each step (Smith and Topin 2018); none if null.
    channels_last
        Keep the pixels' channels next to each other in memory, which convolutions in bf16 run faster on.
    """

    shows_labels = False  # whether it shows the model the labels beside the images

    def __init__(
        self,
        model: Model,
        data_config: dict[str, Any],
        optimizer: str = "Adam",
        lr: float = 1e-3,
        one_cycle_max_lr: float | None = None,
        channels_last: bool = False,
    ) -> None:
        super().__init__()
        if optimizer not in OPTIMIZERS:
            raise UserError(f"--optimizer={optimizer}: expected one of {', '.join(sorted(OPTIMIZERS))}")
        if model.takes_labels != self.shows_labels:
            taken = "images and labels" if model.takes_labels else "images alone"
            raise UserError(f"{type(model).__name__} takes {taken}, which this --loss does not give it: choose another")
        self.memory_format = torch.channels_last if channels_last else torch.contiguous_format
        self.model = model.to(memory_format=self.memory_format)
        self.optimizer_name, self.optimizer_class = optimizer, OPTIMIZERS[optimizer]
        self.lr = lr
        self.one_cycle_max_lr = one_cycle_max_lr
        # One metric a stage, so that none leaks into another.
        self.train_acc, self.val_acc, self.test_acc = (self._accuracy(data_config) for _ in range(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Pass images through the model."""
        return self.model(x.contiguous(memory_format=self.memory_format))

    def configure_optimizers(self) -> Any:
        """Return the optimizer, with its schedule if there is one."""
        try:
            optimizer = self.optimizer_class(self.parameters(), lr=self.lr)
        except ValueError as error:
            raise UserError(f"--optimizer={self.optimizer_name} --lr={self.lr}: {error}") from error
        if self.one_cycle_max_lr is None:
            return optimizer
        total_steps = self.trainer.estimated_stepping_batches
        if math.isinf(total_steps):
            raise UserError(
                "--one_cycle_max_lr needs to know how long the training is: add --max_epochs or --max_steps"
            )
        scheduler = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            max_lr=self.one_cycle_max_lr,
            total_steps=int(total_steps),
            cycle_momentum=bool({"betas", "momentum"} & optimizer.defaults.keys()),
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_index: int) -> torch.Tensor:
        """Return the loss of a training batch."""
        return self._step(batch, "train")

    def validation_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_index: int) -> None:
        """Measure a validation batch."""
        self._step(batch, "val")

    def test_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_index: int) -> None:
        """Measure a test batch."""
        self._step(batch, "test")

    def _accuracy(self, data_config: dict[str, Any]) -> MulticlassAccuracy:
        return MulticlassAccuracy(len(data_config["mapping"]), average="micro")

    def _step(self, batch: tuple[torch.Tensor, torch.Tensor], stage: str) -> torch.Tensor:
        """Compute loss and metrics of a batch and log them under the stage's name."""
        x, y = batch
        logits = self(x)  # (B, C) or (B, C, S)
        loss = self._loss(logits, y)
        accuracy: MulticlassAccuracy = getattr(self, f"{stage}_acc")
        accuracy.update(logits, y)
        # One value an epoch, the mean over its batches (and over all processes: sync_dist).
        self.log(f"{stage}_loss", loss, on_step=False, on_epoch=True, prog_bar=True, sync_dist=True)
        self.log(f"{stage}_acc", accuracy, on_step=False, on_epoch=True, prog_bar=True)
        return loss

    def _loss(self, logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        if logits.shape[2:] != y.shape[1:]:
            raise UserError(
                f"the model gives logits of shape {tuple(logits.shape)} for labels of shape {tuple(y.shape)}: cross "
                "entropy needs one output for each label. Choose a model for this data, or change its window flags"
            )
        # softmax turns logits into probabilities; the loss is -log of that of the right class, a mean over the batch
        return F.cross_entropy(logits, y)
