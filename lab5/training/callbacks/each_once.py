"""With several processes, validation and test measure each example once."""

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any

import pytorch_lightning as pl
import torch.distributed
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler

from text_recognizer.util import UserError


class EachOnce(pl.Callback):
    """Give each process its share of validation and test examples, none of them twice.

    torch's sampler makes the shares equal by repeating examples, and Lightning takes it: with 10 examples and 4
    processes two count twice, and the error rate is not that of one process. Here shares differ by one instead. Then
    one process may have a batch more than another, so in validation no batch may wait for the other processes.

    A mean over the processes needs the number of examples in each. Lightning takes the mean of these whole numbers,
    rounded down: 6 and 5 examples become 5 and 5, and a loss comes out a tenth too high. So they are given as floats.
    """

    def __init__(self) -> None:
        self.num_examples: float | None = None  # of the batch that is being measured

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Let the data's loaders give shares."""
        if trainer.world_size == 1:
            return
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        for name in ("val_dataloader", "test_dataloader"):
            if name not in vars(data):
                setattr(data, name, sharing(getattr(data, name)))

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Make what batch norm counted the same in all processes, once, and not before each batch."""
        model: Any = trainer.model
        if trainer.world_size > 1 and hasattr(model, "require_forward_param_sync"):
            for buffer in pl_module.buffers():
                torch.distributed.broadcast(buffer, src=0)
            model.require_forward_param_sync = False
        self._count(trainer, pl_module)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Let the training go on as before."""
        model: Any = trainer.model
        if hasattr(model, "require_forward_param_sync"):
            model.require_forward_param_sync = True
        vars(pl_module).pop("log", None)

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Count examples."""
        self._count(trainer, pl_module)

    def on_test_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Leave the model as it was."""
        vars(pl_module).pop("log", None)

    def _count(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Let what the model logs of a batch count as often as the batch has examples."""
        if trainer.world_size > 1:
            own = pl_module.log
            pl_module.log = functools.partial(self._log, own)  # type: ignore[method-assign]

    def _log(self, own: Callable[..., None], *args: Any, **kwargs: Any) -> None:
        own(*args, **({"batch_size": self.num_examples} | kwargs))

    def on_validation_batch_start(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Count the examples of a batch of images and labels."""
        self.num_examples = float(len(batch[0]))

    on_test_batch_start = on_validation_batch_start

    def on_validation_batch_end(self, *_: Any, **__: Any) -> None:
        """Let what is logged after all batches count once."""
        self.num_examples = None

    on_test_batch_end = on_validation_batch_end


class Share(DistributedSampler):
    """Every n-th example of a data set, in order, for n processes; together they have each example once."""

    def __init__(self, dataset: Any) -> None:
        super().__init__(dataset, shuffle=False)
        self.num_samples = math.ceil((len(dataset) - self.rank) / self.num_replicas)
        self.total_size = len(dataset)

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.rank, self.total_size, self.num_replicas))


def sharing(own: Any) -> Any:
    """Return a method that gives a loader of a share, in place of one that gives all examples."""

    def loader() -> DataLoader:
        whole: DataLoader = own()
        num, num_processes = len(whole.dataset), torch.distributed.get_world_size()  # type: ignore[arg-type]
        if num < num_processes:  # a process without any would never come to where the others wait for it
            raise UserError(f"{num} examples for {num_processes} processes: expected one for each, or fewer --devices")
        return DataLoader(
            whole.dataset,
            batch_size=whole.batch_size,
            sampler=Share(whole.dataset),
            num_workers=whole.num_workers,
            persistent_workers=whole.persistent_workers,
            pin_memory=whole.pin_memory,
            generator=whole.generator,
        )

    return loader
