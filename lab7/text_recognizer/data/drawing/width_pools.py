"""Training batches of lines of about the same width, without the empty paper after them.

A canvas is as wide as the longest line, so a network spends half of its time on empty paper. Lines are taken in pools
of several batches, sorted by width, and each batch is cut to its widest line.

Letters in this file: B batch, H W image.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch.utils.data import DataLoader, RandomSampler

MARGIN = 28  # pixels of paper behind the widest line, as before it
MULTIPLE = 32  # widths of batches: few different ones, which a network compiles or plans for each
NUM_BATCHES = 8
FAINTEST = 0.2  # of the strongest ink: the second of two pens is as faint as that


class WidthPoolLoader(DataLoader):
    """A loader that takes `num_batches` batches at a time and gives them back sorted by width and cut, in any order.

    Parameters
    ----------
    dataset
        Images (1, H, W) with paper behind the ink, and rows of labels.
    num_batches
        Number of batches in a pool.
    lines_per_batch
        Number of lines in a batch.
    """

    def __init__(self, dataset: Any, num_batches: int, lines_per_batch: int, **settings: Any) -> None:
        settings.pop("batch_size", None)
        super().__init__(dataset, batch_size=num_batches * lines_per_batch, **settings)
        self.num_batches = num_batches
        self.lines_per_batch = lines_per_batch

    def __len__(self) -> int:
        return -(-len(self.sampler) // self.lines_per_batch)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]  # batches, whatever gives them
        for images, targets in super().__iter__():
            widths = text_widths(images)
            batches = widths.argsort().split(self.lines_per_batch)
            # Always from narrow to wide would let the last steps of each pool see the long lines only.
            for i in torch.randperm(len(batches)).tolist():
                chosen = batches[i]
                width = min(images.shape[3], -(-(int(widths[chosen].max()) + MARGIN) // MULTIPLE) * MULTIPLE)
                yield images[chosen][..., :width].contiguous(), targets[chosen]


def with_width_pools(loader: DataLoader, num_batches: int = NUM_BATCHES) -> DataLoader:
    """Return a loader of the same examples whose batches are cut to their widest line."""
    assert isinstance(loader.sampler, RandomSampler), "for training only: elsewhere the order counts"
    assert loader.batch_size is not None
    return WidthPoolLoader(
        loader.dataset,
        num_batches=num_batches,
        lines_per_batch=loader.batch_size,
        sampler=loader.sampler,
        num_workers=loader.num_workers,
        persistent_workers=loader.persistent_workers,
        pin_memory=loader.pin_memory,
        generator=loader.generator,
        worker_init_fn=loader.worker_init_fn,
    )


def text_widths(images: torch.Tensor) -> torch.Tensor:
    """Return how far the ink of each image (B, 1, H, W) reaches from the left edge, in pixels: (B,).

    A pixel counts as ink if its contrast is a fifth of the strongest ink's. So no faint line is cut, but a line on
    noisy paper may count as too wide.
    """
    paper, strongest = images.flatten(1).median(dim=1).values, images.flatten(1).amax(dim=1)
    level = paper + FAINTEST * (strongest - paper)
    is_ink = images[:, 0].amax(dim=1) > level[:, None]  # (B, W)
    columns = torch.arange(1, images.shape[3] + 1)
    return (is_ink * columns).amax(dim=1)
