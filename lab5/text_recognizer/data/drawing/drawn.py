"""The base of data sets whose images the handwriting engine draws when they are taken.

Letters in this file: H W image, S labels in a row.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.drawing.on_demand import Example, OnDemandDataset
from text_recognizer.data.prose.text import TextSource, describe_text
from text_recognizer.data.util import to_image_tensor
from text_recognizer.handwriting.hands import Hands, describe_hands, find_hands
from text_recognizer.util import UserError

VAL_SEED, TEST_SEED = 1, 2
Draw = Callable[[Hands, TextSource, np.random.Generator], tuple[np.ndarray, list[int]]]


class DrawnData(BaseDataModule):
    """Base of data that the engine draws: new images in each epoch; validation and test images stay the same.

    Validation and test use handwriting families and a part of the text that training never sees. A subclass names its
    `unit`, the end of the names of its flags: `num_train_<unit>` and `num_held_out_<unit>`.

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
        """Print which hands are available; nothing is stored."""
        print(f"{type(self).__name__}: {describe_hands()}; text from {describe_text(self.free_text)}")

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return data sets that draw each image when it is taken."""
        num = len(find_hands("train").families)
        if num < self.min_families:
            raise UserError(
                f"--min_families={self.min_families}: only {num} families are installed; `make fonts` installs more"
            )
        self.source = f"the handwriting engine: {describe_hands()}; text from {describe_text(self.free_text)}"
        train = DrawnDataset(*self.engine("train"), self.num_train, moves_on=not self.validates_on_train)
        val, test = (
            DrawnDataset(*self.engine(split), self.num_held_out, seed, moves_on=False)
            for split, seed in (("val", VAL_SEED), ("test", TEST_SEED))
        )
        return train, val, test

    def engine(self, split: str) -> tuple[Draw, Hands, TextSource]:
        """Return the function that draws the images of "train", "val" or "test", their hands, and their text."""
        return self.draw, find_hands(split), TextSource(split, free_text=self.free_text)


class DrawnDataset(OnDemandDataset):
    """Images that the engine draws when they are taken.

    Parameters
    ----------
    draw
        Draws an image and its labels.
    hands
        The hands to write in.
    text
        What to write.
    num, seed, moves_on
        As in `OnDemandDataset`.
    """

    def __init__(
        self, draw: Draw, hands: Hands, text: TextSource, num: int, seed: int | None = None, moves_on: bool = True
    ) -> None:
        super().__init__(num, seed, moves_on)
        self.draw = draw
        self.hands = hands
        self.text = text

    def make(self, index: int, rng: np.random.Generator) -> Example:
        """Draw an image."""
        image, labels = self.draw(self.hands, self.text, rng)
        return to_image_tensor(torch.from_numpy(image)), torch.tensor(labels)
