"""Training images that change with the epoch, and are the same in another run with the same seed.

Letters in this file: H W image.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from text_recognizer.data.drawing.on_demand import Example, OnDemandDataset
from text_recognizer.data.storage.prepared import PreparedDataset
from text_recognizer.data.util import to_image_tensor

Augmentation = Callable[[np.ndarray, np.random.Generator], np.ndarray]


class AugmentedDataset(OnDemandDataset):
    """One split of a prepared file whose images are changed at random when they are taken.

    Parameters
    ----------
    filename
        A file with data sets `x_<split>` (N, H, W) uint8 and `y_<split>`.
    split
        Name of the split.
    augment
        Changes an image (H, W) uint8 with a generator.
    seed
        As in `OnDemandDataset`.
    """

    def __init__(self, filename: Path, split: str, augment: Augmentation, seed: int | None = None) -> None:
        self.stored = PreparedDataset(filename, split, transform=torch.Tensor.numpy)
        super().__init__(len(self.stored), seed)
        self.targets = self.stored.targets
        self.augment = augment

    def make(self, index: int, rng: np.random.Generator) -> Example:
        """Return a stored image, changed, and its target."""
        image, target = self.stored[index]
        return to_image_tensor(torch.from_numpy(self.augment(image, rng))), target  # type: ignore[arg-type]
