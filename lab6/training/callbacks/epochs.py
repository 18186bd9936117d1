"""What `--resume` needs besides the weights, to go on as if the training had never been interrupted."""

from typing import Any

import pytorch_lightning as pl
import torch

from text_recognizer.data.drawing.on_demand import set_epoch


class Epochs(pl.Callback):
    """Tell data that is made on demand which epoch it is, and keep the state of torch's random numbers in checkpoints.

    The number of the epoch is the Trainer's, and Lightning restores it. Lightning does not restore random numbers,
    from which come the order of the training examples and what dropout leaves out. With both, the weights after two
    epochs and two more with --resume are those after four, also with workers and with several processes, for a
    checkpoint from the end of an epoch; one from the middle begins its epoch again.
    """

    def __init__(self) -> None:
        self.restored: dict[str, torch.Tensor] = {}  # until the first batch after a checkpoint was loaded

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Begin; workers begin to draw examples before any other hook is called."""
        self._tell(trainer, num_finished(trainer))

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Go on with the epoch that follows those that are finished; this, too, comes before the workers begin."""
        self._tell(trainer, checkpoint["loops"]["fit_loop"]["epoch_progress"]["current"]["processed"])

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Go on with the next epoch."""
        self._tell(trainer, num_finished(trainer))
        loader: Any = trainer.train_dataloader
        if self.restored and trainer.world_size > 1 and loader.num_workers > 0:
            # Workers began before Lightning told the sampler of several processes the epoch: they begin again.
            iter(loader)

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Return the state of random numbers, for the checkpoint."""
        state = {"cpu": torch.get_rng_state()}
        return state | {"cuda": torch.cuda.get_rng_state()} if torch.cuda.is_initialized() else state

    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        """Set the state of random numbers to that of the checkpoint."""
        self.restored = state
        torch.set_rng_state(state["cpu"])
        if "cuda" in state and torch.cuda.is_available():
            torch.cuda.set_rng_state(state["cuda"])

    def on_train_batch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, index: int) -> None:
        """Forget the checkpoint's state: the training goes on."""
        self.restored = {}

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Set the state again where Lightning ends the checkpoint's epoch without a batch, and begins another."""
        if self.restored:
            self.load_state_dict(self.restored)

    def _tell(self, trainer: pl.Trainer, num_finished: int) -> None:
        """Set the epoch; outside a training it is 0, so that the first one is 1."""
        set_epoch(trainer.datamodule.data_train, 1 + num_finished)  # type: ignore[attr-defined]


def num_finished(trainer: pl.Trainer) -> int:
    """Return how many epochs are finished, those before a `--resume` among them."""
    progress: Any = trainer.fit_loop.epoch_progress.current
    return progress.processed
