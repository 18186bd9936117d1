"""Training images that look different in each epoch, and the same again in a run with the same seed.

Letters in this file: H W image.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader

from text_recognizer.data.prepared import PreparedDataset
from text_recognizer.data.util import to_image_tensor

Augmentation = Callable[[np.ndarray, np.random.Generator], np.ndarray]


class AugmentedDataset(PreparedDataset):
    """One split of a prepared file whose images are changed at random when they are taken.

    Each image has a random generator of its own, made from the seed, the epoch and the image's index, so that neither
    the number of workers nor that of processes changes what comes of it.

    Parameters
    ----------
    filename
        A file with data sets `x_<split>` (N, H, W) uint8 and `y_<split>`.
    split
        Name of the split.
    augment
        Changes an image (H, W) uint8 with a generator.
    seed
        The run's seed.
    """

    def __init__(self, filename: Path, split: str, augment: Augmentation, seed: int) -> None:
        super().__init__(filename, split, transform=_as_stored)
        self.augment = augment
        self.seed = seed
        # Shared memory: workers that live on from epoch to epoch see it change.
        self.epoch = torch.zeros((), dtype=torch.int64).share_memory_()

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        image, target = super().__getitem__(index)
        rng = np.random.default_rng([self.seed, int(self.epoch), index])
        return to_image_tensor(torch.from_numpy(self.augment(image.numpy(), rng))), target


def _as_stored(image: torch.Tensor) -> torch.Tensor:
    return image


class EpochLoader(DataLoader):
    """A loader that starts a new epoch of its data set, which has an `epoch`, each time it is gone through.

    Lightning makes another loader of the same class when it shares the work out to several processes.
    """

    dataset: Any

    def __iter__(self) -> Any:
        self.dataset.epoch += 1
        return super().__iter__()


def with_epochs(loader: DataLoader) -> DataLoader:
    """Return the same loader, with other images in each epoch if its data set has an `epoch`, as augmented ones do."""
    if not hasattr(loader.dataset, "epoch"):
        return loader
    return EpochLoader(
        loader.dataset,
        batch_size=loader.batch_size,
        sampler=loader.sampler,
        num_workers=loader.num_workers,
        persistent_workers=loader.persistent_workers,
        pin_memory=loader.pin_memory,
    )
