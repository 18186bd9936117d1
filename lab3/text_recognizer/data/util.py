"""Data sets in memory.

Letters in this file: N examples, C channels, H W image.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.utils.data import Dataset, Subset, random_split


class BaseDataset(Dataset):
    """Images and targets side by side.

    Parameters
    ----------
    data
        N images, anything that can be indexed.
    targets
        N targets.
    transform
        Applied to an image when it is taken.
    target_transform
        Applied to a target when it is taken.
    """

    def __init__(
        self,
        data: Sequence | torch.Tensor,
        targets: Sequence | torch.Tensor,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
    ) -> None:
        if len(data) != len(targets):
            raise ValueError(f"{len(data)} images but {len(targets)} targets: each image needs one target")
        self.data = data
        self.targets = targets
        self.transform = transform
        self.target_transform = target_transform

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image, target = self.data[index], self.targets[index]
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return image, target


def to_image_tensor(image: torch.Tensor) -> torch.Tensor:
    """Turn stored pixels into what models take: (H, W) uint8 in 0..255 -> (1, H, W) float in [0, 1]."""
    return image.unsqueeze(0).float() / 255


def split_dataset(dataset: Dataset, fraction: float, seed: int) -> tuple[Subset, Subset]:
    """Split at random into `fraction` of the examples and the rest, the same way for the same seed."""
    num_first = int(fraction * len(dataset))  # type: ignore[arg-type]
    sizes = [num_first, len(dataset) - num_first]  # type: ignore[arg-type]
    first, rest = random_split(dataset, sizes, generator=torch.Generator().manual_seed(seed))
    return first, rest
