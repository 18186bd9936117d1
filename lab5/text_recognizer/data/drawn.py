"""What data sets share whose images the handwriting engine draws when they are taken, without end.

Letters in this file: H W image, S labels in a row.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from text_recognizer.data.augmented import with_epochs
from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.util import to_image_tensor
from text_recognizer.handwriting.hands import Hands, describe_hands, find_hands
from text_recognizer.handwriting.text import TextSource, describe_text
from text_recognizer.util import UserError

VAL_SEED, TEST_SEED = 1, 2
Draw = Callable[[Hands, TextSource, np.random.Generator], tuple[np.ndarray, list[int]]]


class DrawnData(BaseDataModule):
    """Base of data that the engine draws: new images in each epoch; validation and test images stay the same.

    Those are in handwriting families and from a part of the text that training never sees. A subclass names its
    `unit`, with which its flags end: `num_train_<unit>` and `num_held_out_<unit>`.

    Parameters
    ----------
    draw
        Draws an image (H, W) uint8 and its row of labels (S,), in some of the hands and with some of the text.
    num_train
        Number of training images that count as an epoch.
    num_held_out
        Number of validation images, and of test images.
    min_families
        Refuse to train with fewer handwriting families than this.
    free_text
        Write only what anyone may use for anything: nothing of Brown, even where it is present.
    """

    unit: str

    def __init__(
        self,
        draw: Draw,
        num_train: int,
        num_held_out: int,
        min_families: int,
        free_text: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if min(num_train, num_held_out) < 1:
            flags = f"--num_train_{self.unit}={num_train} --num_held_out_{self.unit}={num_held_out}"
            raise UserError(f"{flags}: expected 1 or more")
        self.draw = draw
        self.num_train = num_train
        self.num_held_out = num_held_out
        self.min_families = min_families
        self.free_text = free_text
        self.source = "the handwriting engine"

    def prepare_data(self) -> None:
        """Say what there is to write with; nothing is stored."""
        print(f"{type(self).__name__}: {describe_hands()}; text from {describe_text(self.free_text)}")

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return data sets that draw each image when it is taken."""
        num = len(find_hands("train").families)
        if num < self.min_families:
            raise UserError(f"--min_families={self.min_families}: there are {num}; `make fonts` installs more")
        self.source = f"the handwriting engine: {describe_hands()}; text from {describe_text(self.free_text)}"
        moves_on = not self.validates_on_train
        train = DrawnDataset("train", self.draw, self.num_train, torch.initial_seed(), moves_on, self.free_text)
        val, test = (
            DrawnDataset(split, self.draw, self.num_held_out, seed, moves_on=False, free_text=self.free_text)
            for split, seed in (("val", VAL_SEED), ("test", TEST_SEED))
        )
        return train, val, test

    def train_dataloader(self) -> DataLoader:
        """Return shuffled training batches, of other images in each epoch."""
        return with_epochs(super().train_dataloader())


class DrawnDataset(Dataset):
    """Images that are drawn when they are taken: the same for the same seed, epoch and index, in any process.

    Parameters
    ----------
    split
        Which families and which part of the text: "train", "val" or "test".
    draw
        Draws an image and its labels.
    num
        Number of images.
    seed
        The run's seed.
    moves_on
        Draw other images in each epoch.
    free_text
        Whether Brown is left alone.
    """

    def __init__(self, split: str, draw: Draw, num: int, seed: int, moves_on: bool, free_text: bool) -> None:
        self.draw = draw
        self.num = num
        self.seed = seed
        self.moves_on = moves_on
        self.text = TextSource(split, free_text=free_text)
        self.hands = find_hands(split)
        # Shared memory: workers that live on from epoch to epoch see it change.
        self.epoch = torch.zeros((), dtype=torch.int64).share_memory_()

    def __len__(self) -> int:
        return self.num

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        if not 0 <= index < self.num:
            raise IndexError(f"image {index} of {self.num}")
        rng = np.random.default_rng([self.seed, int(self.epoch) if self.moves_on else 0, index])
        image, labels = self.draw(self.hands, self.text, rng)
        return to_image_tensor(torch.from_numpy(image)), torch.tensor(labels)
