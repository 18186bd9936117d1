"""Finds a learning rate before the training begins."""

from pathlib import Path

import pytorch_lightning as pl
from pytorch_lightning.callbacks import LearningRateFinder

from text_recognizer.util import UserError, write_atomically

NAME = "find_lr.png"


class FindLR(LearningRateFinder):
    """Raise the learning rate over some steps, see how the loss falls, and train with the rate at its steepest fall.

    L. N. Smith, "Cyclical Learning Rates for Training Neural Networks", 2017. The weights go back to what they were.
    Lightning's own callback does it; the curve is drawn beside the logs.

    Parameters
    ----------
    find_lr
        Find --lr before the training.
    find_lr_steps
        So many steps, from a rate of 1e-6 to 1.
    """

    def __init__(self, find_lr: bool = False, find_lr_steps: int = 100) -> None:
        super().__init__(min_lr=1e-6, max_lr=1.0, num_training_steps=find_lr_steps)
        self.is_on = find_lr

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Find the rate; not in a training that goes on."""
        if not self.is_on or trainer.fast_dev_run:  # type: ignore[attr-defined]
            return
        if pl_module.one_cycle_max_lr is not None:
            raise UserError("--find_lr finds --lr, which --one_cycle_max_lr does not use: leave out one of the two")
        max_epochs, trainer.fit_loop.max_epochs = trainer.fit_loop.max_epochs, -1  # the steps may need more than those
        super().on_fit_start(trainer, pl_module)
        trainer.fit_loop.max_epochs = max_epochs
        rate = self.optimal_lr.suggestion() if self.optimal_lr is not None else None
        if rate is None:
            raise UserError("--find_lr: the loss falls nowhere. Expected more --find_lr_steps, or choose --lr yourself")
        for group in trainer.optimizers[0].param_groups:
            group["lr"] = rate
        print(f"--find_lr: training with --lr={rate:.3g}")
        log_dirname = getattr(trainer.logger, "log_dir", None)
        if log_dirname and trainer.is_global_zero:
            figure = self.optimal_lr.plot(suggest=True)
            with write_atomically(Path(log_dirname) / NAME) as file:
                figure.savefig(file, format="png")
            print(f"The curve: {Path(log_dirname) / NAME}")
