"""Examples that are made when they are taken: the base of all augmented, drawn and mixed training data."""

from collections.abc import Sized
from typing import Any, ClassVar

import numpy as np
import torch
from torch.utils.data import ConcatDataset, Dataset

Example = tuple[torch.Tensor, torch.Tensor]


class OnDemandDataset(Dataset):
    """Examples that are made when they are taken: the same for the same seed, epoch and index, in any process.

    Each example has its own random generator, seeded with these three numbers, so it does not depend on the number of
    workers or processes. A subclass implements `make`.

    As with torch's `DistributedSampler`, the training loop calls `set_epoch` before each epoch; otherwise all epochs
    show the same examples. `run_experiment.py` passes the Trainer's own count, so a resumed training continues with the
    examples of the next epoch.

    Parameters
    ----------
    num
        Number of examples in an epoch.
    seed
        Seed of the examples; if None, the seed that torch was given, which is the run's.
    moves_on
        Make other examples in each epoch; false for validation, test and --overfit_batches.
    """

    stream: ClassVar[tuple[int, ...]] = ()  # is part of the seed, so that two classes draw different numbers

    def __init__(self, num: int, seed: int | None = None, moves_on: bool = True) -> None:
        self.num = num
        self.seed = torch.initial_seed() if seed is None else seed
        self.moves_on = moves_on
        # Shared memory: workers that live on from epoch to epoch see it change.
        self._epoch = torch.zeros((), dtype=torch.int64).share_memory_()

    @property
    def epoch(self) -> int:
        """The current epoch: 0 until `set_epoch` is called, and always 0 if the examples stay the same."""
        return int(self._epoch)

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch, in workers too."""
        if self.moves_on:
            self._epoch.fill_(epoch)

    def generator(self, index: int) -> np.random.Generator:
        """Return the random generator of an example in this epoch."""
        return np.random.default_rng([self.seed, self.epoch, index, *self.stream])

    def make(self, index: int, rng: np.random.Generator) -> Example:
        """Return an example: an image (1, H, W) float in [0, 1] and its target."""
        raise NotImplementedError

    def __len__(self) -> int:
        return self.num

    def __getitem__(self, index: int) -> Example:
        if not 0 <= index < self.num:
            raise IndexError(f"example {index} of {self.num}")
        return self.make(index, self.generator(index))


def set_epoch(dataset: Sized | Dataset | None, epoch: int) -> None:
    """Set the epoch of a data set and of its parts; nothing happens to data that is not made on demand."""
    parts: list[Any] = dataset.datasets if isinstance(dataset, ConcatDataset) else [dataset]
    for part in parts:
        if isinstance(part, OnDemandDataset):
            part.set_epoch(epoch)
