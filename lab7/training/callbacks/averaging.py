"""Averages the weights of the last epochs."""

import pytorch_lightning as pl
from pytorch_lightning.callbacks import StochasticWeightAveraging

from text_recognizer.util import UserError


class Averaging(pl.Callback):
    """Average weights over the last epochs of a training (Izmailov et al. 2018), by Lightning's own callback.

    After the last epoch the statistics of batch norm are counted anew for the averaged weights, on training data. These
    weights are those in last.ckpt, and those that are tested; the best checkpoint is one from before the average.

    Parameters
    ----------
    swa_lr
        The rate at which the averaged epochs are trained; no average if null.
    swa_start
        Share of the epochs after which the average begins.
    """

    def __init__(self, swa_lr: float | None = None, swa_start: float = 0.75) -> None:
        if swa_lr is not None and swa_lr <= 0:
            raise UserError(f"--swa_lr={swa_lr}: expected more than 0")
        if not 0 < swa_start < 1:
            raise UserError(f"--swa_start={swa_start}: expected a share between 0 and 1, such as 0.75")
        self.swa_lr = swa_lr
        self.swa_start = swa_start

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Add Lightning's callback after this one, so that its setup is called next."""
        callbacks: list[pl.Callback] = trainer.callbacks  # type: ignore[attr-defined]
        if (
            stage != "fit"
            or self.swa_lr is None
            or any(isinstance(one, StochasticWeightAveraging) for one in callbacks)
        ):
            return
        if trainer.max_epochs is None or trainer.max_epochs < 1:
            raise UserError("--swa_lr needs the length of the training: add --max_epochs")
        swa = StochasticWeightAveraging(swa_lrs=self.swa_lr, swa_epoch_start=self.swa_start)
        callbacks.insert(callbacks.index(self) + 1, swa)
