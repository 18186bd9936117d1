"""Learning rates that change during a training, and what they and the gradients are."""

from pathlib import Path
from typing import Any, Literal

import pytorch_lightning as pl
import torch
import yaml
from pytorch_lightning.utilities import grad_norm
from torch.optim.lr_scheduler import CosineAnnealingLR, ReduceLROnPlateau

from text_recognizer.util import UserError

PATIENCE = 3  # validations without a lower val_loss, after which --scheduler=plateau lowers the rate
FACTOR = 0.3  # of the rate that is left then


class LearningRate(pl.Callback):
    """Change the learning rate, and log it for each epoch.

    Parameters
    ----------
    scheduler
        cosine falls to 0 over the whole training, stepped at each step (Loshchilov and Hutter 2016); plateau falls when
        val_loss no longer does, stepped after each validation. For one cycle there is --one_cycle_max_lr.
    lr_schedule
        A YAML file of epochs, the first one 0, and the rate from each on, such as a population-based search leaves.
    set_lr
        The rate with which --resume goes on, in place of the checkpoint's.
    log_gradient_norm
        Log the length of the gradient before it is clipped, for each epoch.
    """

    def __init__(
        self,
        scheduler: Literal["cosine", "plateau"] | None = None,
        lr_schedule: str | None = None,
        set_lr: float | None = None,
        log_gradient_norm: bool = False,
    ) -> None:
        if scheduler and lr_schedule:
            raise UserError(f"--scheduler={scheduler} --lr_schedule={lr_schedule}: expected one of the two")
        self.scheduler = scheduler
        self.rates = read_schedule(lr_schedule) if lr_schedule else {}
        self.set_lr = set_lr
        self.logs_gradients = log_gradient_norm
        self.rate: float | None = None

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Let the model's optimizer have the schedule."""
        if stage != "fit" or not (self.scheduler or self.rates):
            return
        if pl_module.one_cycle_max_lr is not None:
            raise UserError(
                f"--one_cycle_max_lr={pl_module.one_cycle_max_lr} is a schedule of its own: expected it alone, or "
                "--scheduler or --lr_schedule without it"
            )
        if self.scheduler:
            own = pl_module.configure_optimizers
            pl_module.configure_optimizers = lambda: self._with_scheduler(own(), trainer)

    def _with_scheduler(self, optimizer: Any, trainer: pl.Trainer) -> dict[str, Any]:
        if self.scheduler == "plateau":
            plateau = ReduceLROnPlateau(optimizer, factor=FACTOR, patience=PATIENCE)
            how = {"scheduler": plateau, "monitor": "val_loss", "interval": "epoch"}
            how["frequency"] = trainer.check_val_every_n_epoch or 1
            return {"optimizer": optimizer, "lr_scheduler": how}
        total = trainer.estimated_stepping_batches
        if total == float("inf"):
            raise UserError("--scheduler=cosine needs the length of the training: add --max_epochs or --max_steps")
        cosine = CosineAnnealingLR(optimizer, T_max=int(total))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": cosine, "interval": "step"}}

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Set the rate of this epoch."""
        due = [rate for epoch, rate in self.rates.items() if epoch <= trainer.current_epoch]
        rate = due[-1] if due else self.set_lr
        if rate is not None:
            for group in trainer.optimizers[0].param_groups:
                group["lr"] = rate
        self.set_lr = None

    def on_before_optimizer_step(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        """Log the gradient; Lightning clips it after this."""
        if self.logs_gradients:
            norm = grad_norm(pl_module, norm_type=2)["grad_2.0_norm_total"]
            pl_module.log("gradient_norm", norm, on_step=False, on_epoch=True)

    def on_train_batch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, index: int) -> None:
        """Note the rate with which this step is done; schedules are stepped after it."""
        self.rate = float(trainer.optimizers[0].param_groups[0]["lr"])

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log the rate of the epoch's last step."""
        if self.rate is not None:
            pl_module.log("lr", self.rate, rank_zero_only=True)


def read_schedule(filename: str) -> dict[int, float]:
    """Read a file of epochs and learning rates, and put it in order."""
    expected = "Expected lines such as '0: 0.001' and '5: 0.0003', an epoch and the rate from there on"
    try:
        content = yaml.safe_load(Path(filename).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"--lr_schedule={filename}: {error.strerror}. {expected}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise UserError(f"--lr_schedule={filename}: not YAML. {expected}") from None
    items = content.items() if isinstance(content, dict) else ()
    right = [type(key) is int and key >= 0 and isinstance(rate, int | float) and rate > 0 for key, rate in items]
    if not right or not all(right):
        raise UserError(f"--lr_schedule={filename}: {str(content)[:60]}. {expected}")
    return {epoch: float(rate) for epoch, rate in sorted(items)}
