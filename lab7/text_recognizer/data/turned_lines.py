"""Pieces of lines that are upright or upside down, to teach a network which is which.

Letters in this file: H W image.
"""

from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.drawing.drawn import TEST_SEED, VAL_SEED
from text_recognizer.data.drawing.on_demand import Example, OnDemandDataset, set_epoch
from text_recognizer.data.iam_lines import IMAGE_HEIGHT
from text_recognizer.data.reader_lines import ReaderLines
from text_recognizer.data.show.look import look_at
from text_recognizer.images.centred import centred

WAYS = ("upright", "upside down")
WIDTH, NARROWEST = 256, 40  # columns of an image, and of the narrowest piece of a line
IS_INK = 0.3  # of white
JITTER = 3  # rows that a piece is moved by, at most


class TurnedLines(ReaderLines):
    """Pieces of `ReaderLines`, from a few letters to some words, half of them upside down.

    Parameters
    ----------
    sources, num_mixed_lines, free_text, notes, joined, looks, held_out_lines, min_families
        As in `ReaderLines`.
    """

    def __init__(self, sources: str = "WrittenLines:0.7,CopisteLines:0.3", **kwargs: Any) -> None:
        super().__init__(sources=sources, **kwargs)
        self.input_dims, self.output_dims, self.mapping = (1, IMAGE_HEIGHT, WIDTH), (1,), WAYS

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return pieces of the lines, others in each epoch of training."""
        train, val, test = super().load_splits()
        return (
            TurnedDataset(train, moves_on=not self.validates_on_train),
            TurnedDataset(val, VAL_SEED, moves_on=False),
            TurnedDataset(test, TEST_SEED, moves_on=False),
        )

    def train_dataloader(self) -> DataLoader:
        """Return shuffled training batches; all pieces have the same width."""
        return BaseDataModule.train_dataloader(self)


class TurnedDataset(OnDemandDataset):
    """A piece of each line of another data set, upright (0) or upside down (1).

    Parameters
    ----------
    lines
        The data set: images (1, H, W) and their targets.
    seed, moves_on
        As in `OnDemandDataset`.
    """

    stream = (2,)  # another row of random numbers than those which draw the lines and their surroundings

    def __init__(self, lines: Any, seed: int | None = None, moves_on: bool = True) -> None:
        super().__init__(len(lines), seed, moves_on)
        self.lines = lines

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch, also that of the lines."""
        super().set_epoch(epoch)
        set_epoch(self.lines, epoch)

    def make(self, index: int, rng: np.random.Generator) -> Example:
        """Return a piece of a line, and whether it is upside down."""
        line, _ = self.lines[index]
        way = int(rng.integers(len(WAYS)))
        piece = centred(take_piece(line[0].numpy(), rng))
        if way:
            piece = piece[::-1, ::-1]
        piece = np.roll(piece, int(rng.integers(-JITTER, JITTER + 1)), axis=0)
        return torch.from_numpy(piece.copy())[None], torch.tensor(way)


def take_piece(line: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Cut a piece of random width out of a line (H, W) float in [0, 1], and put it anywhere on black (H, 256)."""
    inked = np.flatnonzero((line > IS_INK).any(axis=0))
    first, last = (int(inked[0]), int(inked[-1]) + 1) if len(inked) else (0, line.shape[1])
    width = min(last - first, int(rng.integers(NARROWEST, WIDTH + 1)))
    start = int(rng.integers(first, last - width + 1))
    at = int(rng.integers(0, WIDTH - width + 1))
    piece = np.zeros((line.shape[0], WIDTH), np.float32)
    piece[:, at : at + width] = line[:, start : start + width]
    return piece


if __name__ == "__main__":
    look_at(TurnedLines)
