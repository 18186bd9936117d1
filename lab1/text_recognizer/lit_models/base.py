"""Trains a classifier: from the logits of a batch to its loss.

Letters in this file: B batch, C classes.
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
    """Trains a model with cross entropy on one label per image.

    Lightning's Trainer calls `training_step` with each training batch, and changes the weights so that the loss that it
    returns gets smaller. With `validation_step` and `test_step` it only measures.

    Parameters
    ----------
    model
        The network; its `forward` gives logits (B, C).
    data_config
        The data's `config()`.
    optimizer
        Name of a class in `torch.optim`.
    lr
        Learning rate; not used where `one_cycle_max_lr` is given.
    one_cycle_max_lr
        Peak of a one-cycle schedule over the whole training, stepped at each step (Smith and Topin 2018); none if null.
    """

    def __init__(
        self,
        model: Model,
        data_config: dict[str, Any],
        optimizer: str = "Adam",
        lr: float = 1e-3,
        one_cycle_max_lr: float | None = None,
    ) -> None:
        super().__init__()
        if optimizer not in OPTIMIZERS:
            raise UserError(f"--optimizer={optimizer}: expected one of {', '.join(sorted(OPTIMIZERS))}")
        self.model = model
        self.optimizer_name, self.optimizer_class = optimizer, OPTIMIZERS[optimizer]
        self.lr = lr
        self.one_cycle_max_lr = one_cycle_max_lr
        # One metric a stage, so that none leaks into another.
        num_classes = len(data_config["mapping"])
        self.train_acc = MulticlassAccuracy(num_classes, average="micro")
        self.val_acc = MulticlassAccuracy(num_classes, average="micro")
        self.test_acc = MulticlassAccuracy(num_classes, average="micro")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Pass images through the model."""
        return self.model(x)

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

    def _step(self, batch: tuple[torch.Tensor, torch.Tensor], stage: str) -> torch.Tensor:
        """Compute loss and metrics of a batch and log them under the stage's name."""
        x, y = batch
        logits = self(x)  # (B, C)
        # softmax turns logits into probabilities; the loss is -log of that of the right class, a mean over the batch
        loss = F.cross_entropy(logits, y)
        accuracy: MulticlassAccuracy = getattr(self, f"{stage}_acc")
        accuracy.update(logits, y)
        # One value an epoch, the mean over its batches (and over all processes: sync_dist).
        self.log(f"{stage}_loss", loss, on_step=False, on_epoch=True, prog_bar=True, sync_dist=True)
        self.log(f"{stage}_acc", accuracy, on_step=False, on_epoch=True, prog_bar=True)
        return loss
