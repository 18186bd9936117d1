"""Lines that the handwriting engine draws, without end, on the canvas of IAM's lines.

Letters in this file: H W image, S labels in a row.
"""

from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from text_recognizer.data.augmented import with_epochs
from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.iam_lines import IMAGE_HEIGHT, IMAGE_WIDTH, OUTPUT_LENGTH, fit_to_canvas
from text_recognizer.data.look import look_at
from text_recognizer.data.util import to_image_tensor
from text_recognizer.data.vocabulary import MAPPING, encode
from text_recognizer.handwriting.example import draw_example
from text_recognizer.handwriting.hands import describe_hands, find_hands
from text_recognizer.handwriting.text import TextSource, describe_text
from text_recognizer.util import UserError

VAL_SEED, TEST_SEED = 1, 2


class SyntheticLines(BaseDataModule):
    """Lines written by the handwriting engine: new ones in each epoch, on the canvas and with the labels of `IAMLines`.

    Validation and test lines are always the same, in handwriting families and from a part of the text that training
    never sees. `make fonts` installs the families; without them Hershey's pen strokes serve.

    Parameters
    ----------
    num_train_lines
        Number of training lines that count as an epoch.
    num_held_out_lines
        Number of validation lines, and of test lines.
    min_families
        Refuse to train with fewer handwriting families than this.
    """

    input_dims = (1, IMAGE_HEIGHT, IMAGE_WIDTH)
    output_dims = (OUTPUT_LENGTH,)
    mapping = MAPPING

    def __init__(
        self, num_train_lines: int = 20_000, num_held_out_lines: int = 1_000, min_families: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if min(num_train_lines, num_held_out_lines) < 1:
            raise UserError(
                f"--num_train_lines={num_train_lines} --num_held_out_lines={num_held_out_lines}: expected 1 or more"
            )
        self.num_train_lines = num_train_lines
        self.num_held_out_lines = num_held_out_lines
        self.min_families = min_families
        self.source = "the handwriting engine"

    def prepare_data(self) -> None:
        """Say what there is to write with; nothing is stored."""
        print(f"{type(self).__name__}: {describe_hands()}; text from {describe_text()}")

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return data sets that draw each line when it is taken."""
        num = len(find_hands("train").families)
        if num < self.min_families:
            raise UserError(f"--min_families={self.min_families}: there are {num}; `make fonts` installs more")
        self.source = f"the handwriting engine: {describe_hands()}; text from {describe_text()}"
        train = DrawnLines("train", self.num_train_lines, torch.initial_seed(), moves_on=not self.validates_on_train)
        val, test = (
            DrawnLines(split, self.num_held_out_lines, seed, moves_on=False)
            for split, seed in (("val", VAL_SEED), ("test", TEST_SEED))
        )
        return train, val, test

    def train_dataloader(self) -> DataLoader:
        """Return shuffled training batches, of other lines in each epoch."""
        return with_epochs(super().train_dataloader())


class DrawnLines(Dataset):
    """Lines that are drawn when they are taken: the same for the same seed, epoch and index, in any process.

    Parameters
    ----------
    split
        Which families and which part of the text: "train", "val" or "test".
    num
        Number of lines.
    seed
        The run's seed.
    moves_on
        Draw other lines in each epoch.
    """

    def __init__(self, split: str, num: int, seed: int, moves_on: bool) -> None:
        self.num = num
        self.seed = seed
        self.moves_on = moves_on
        self.text = TextSource(split)
        self.hands = find_hands(split)
        # Shared memory: workers that live on from epoch to epoch see it change.
        self.epoch = torch.zeros((), dtype=torch.int64).share_memory_()

    def __len__(self) -> int:
        return self.num

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        if not 0 <= index < self.num:
            raise IndexError(f"line {index} of {self.num}")
        rng = np.random.default_rng([self.seed, int(self.epoch) if self.moves_on else 0, index])
        example = draw_example(self.hands, self.text, rng)
        canvas = fit_to_canvas(example.image, int(np.median(example.image)))
        labels = encode(example.text, OUTPUT_LENGTH, with_start_end_tokens=True)
        return to_image_tensor(torch.from_numpy(canvas)), torch.tensor(labels)


if __name__ == "__main__":
    look_at(SyntheticLines)
