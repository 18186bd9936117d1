"""Single characters by many writers: MNIST's digits, and the digits and letters of Chars74K.

Letters in this file: N images, H W image.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import ConcatDataset, Dataset

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.drawing.on_demand import Example, OnDemandDataset
from text_recognizer.data.emnist import NUM_CLASSES
from text_recognizer.data.mnist import MNIST
from text_recognizer.data.show.look import look_at
from text_recognizer.data.storage.idx import read_idx
from text_recognizer.data.util import BaseDataset, split_dataset, to_image_tensor
from text_recognizer.images.augment import Augment
from text_recognizer.images.one_character import SIDE, fit_character
from text_recognizer.paths import DOWNLOADED_DIRNAME, RAW_DIRNAME
from text_recognizer.util import UserError
from text_recognizer.vocabulary import MAPPING, SPECIAL_TOKENS

DIRNAME = DOWNLOADED_DIRNAME / "chars74k"
NAME = "emnist-byclass-chars74k-{split}-{what}-ubyte.gz"
README_FILENAME = RAW_DIRNAME / "chars74k" / "readme.md"
TRAIN_FRACTION = 0.9  # of Chars74K's training writers' characters; the rest is for validation
SPLIT_SEED = 42
SETS = ("mnist", "chars74k")
CLASSES = tuple(MAPPING[len(SPECIAL_TOKENS) :][:NUM_CLASSES])  # digits, capitals, small letters
# Lengths are in heights of the image. A letter's slant and rotation must be smaller than a line's, to keep its class.
AUGMENT = Augment(
    line_height=SIDE, rotation=8, slant=12, scale=1.15, translation=0.08, perspective=0.05, elastic=0.07, thicker=0.6,
    thinner=0.3, ink_loss=0.3, paper=0.1, blur=0.03, noise=0.02,
)  # fmt: skip

Split = tuple[np.ndarray, np.ndarray]  # images (N, 28, 28) uint8 and labels (N,)


class Characters(BaseDataModule):
    """Digits and letters of 28 x 28 pixels in 62 balanced classes, white ink on black.

    An epoch draws the same number of characters of each class, augmented. Validation and test hold, not augmented, as
    many of MNIST's first digits as there are characters of Chars74K. Chars74K's test characters are by ten writers of
    none of the others. The files do not name the writers of the other characters, so training and validation may share
    writers.

    Parameters
    ----------
    character_sets
        The sets, separated by commas: mnist, chars74k.
    num_train_characters
        Characters in an epoch.
    batch_size
        Number of characters in a batch, per process.
    num_workers
        Number of processes that load data; 0 loads in the training process itself.
    """

    input_dims = (1, SIDE, SIDE)
    output_dims = (1,)
    mapping = CLASSES

    def __init__(
        self,
        character_sets: str = "mnist,chars74k",
        num_train_characters: int = 12_400,
        batch_size: int = 128,
        num_workers: int = 0,
    ) -> None:
        super().__init__(batch_size, num_workers)
        self.sets = character_sets.split(",")
        if set(self.sets) - set(SETS) or len(set(self.sets)) < len(self.sets):
            raise UserError(f"--character_sets={character_sets}: expected some of {','.join(SETS)}")
        if num_train_characters < 1:
            raise UserError(f"--num_train_characters={num_train_characters}: expected 1 or more")
        self.num_train = num_train_characters
        self.source = f"characters of {' and '.join(self.sets)}, from {DOWNLOADED_DIRNAME}"

    def download(self) -> None:
        """Download MNIST unless it is there; the user has to get Chars74K."""
        if "mnist" in self.sets:
            MNIST().download()

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return training characters, which are drawn anew in each epoch, and validation and test characters."""
        splits = [load_set(name) for name in self.sets]
        train = ManyOfEach([one["train"] for one in splits], self.num_train, moves_on=not self.validates_on_train)
        return train, join([one["val"] for one in splits]), join([one["test"] for one in splits])


class ManyOfEach(OnDemandDataset):
    """Balanced classes: for each example a class, a set that has the class, and one of its images are drawn.

    Parameters
    ----------
    sets
        Images and labels of each set; a class need not be in all of them.
    num
        Number of examples in an epoch.
    moves_on
        Whether each epoch draws other examples.
    """

    def __init__(self, sets: Sequence[Split], num: int, moves_on: bool = True) -> None:
        super().__init__(num, moves_on=moves_on)
        present = sorted({int(label) for _, labels in sets for label in np.unique(labels)})
        self.pools = [(label, [images[labels == label] for images, labels in sets]) for label in present]

    def make(self, index: int, rng: np.random.Generator) -> Example:
        """Return an augmented character and its label."""
        label, pools = self.pools[index % len(self.pools)]
        pools = [pool for pool in pools if len(pool)]
        pool = pools[rng.integers(len(pools))]
        image = AUGMENT(pool[rng.integers(len(pool))], rng)
        return to_image_tensor(torch.from_numpy(image)), torch.tensor(label)


def load_set(name: str) -> dict[str, Split]:
    """Return the training, validation and test characters of a set, scaled and centred."""
    return {split: fitted(part) for split, part in (_mnist() if name == "mnist" else _chars74k()).items()}


def join(parts: Sequence[Split]) -> Dataset:
    """Join the first images of each set, as many of each as the smallest set has: MNIST is sixteen times Chars74K."""
    num = min(len(labels) for _, labels in parts)
    return ConcatDataset([as_dataset((images[:num], labels[:num])) for images, labels in parts])


def fitted(part: Split) -> Split:
    """Scale and centre all images."""
    images, labels = part
    return np.stack([fit_character(image) for image in images]), labels


def as_dataset(part: Split) -> BaseDataset:
    """Return images and labels as a data set."""
    images, labels = part
    return BaseDataset(torch.from_numpy(images), torch.from_numpy(labels.astype(np.int64)), to_image_tensor)


def _mnist() -> dict[str, Split]:
    """Return MNIST's digits; their labels are those of the first ten classes."""
    return {split: _pixels(part) for split, part in zip(("train", "val", "test"), MNIST().load_splits(), strict=True)}


def _pixels(dataset: Dataset) -> Split:
    """Return MNIST's images as stored, and their labels."""
    whole: Any = getattr(dataset, "dataset", dataset)
    indices = getattr(dataset, "indices", range(len(whole)))
    images, labels = (tensor[indices].numpy() for tensor in whole.tensors)
    return np.round(images[:, 0] * 255).astype(np.uint8), labels


def _chars74k() -> dict[str, Split]:
    train, val = split_dataset(as_dataset(_read("train")), TRAIN_FRACTION, SPLIT_SEED)
    return {"train": _arrays(train), "val": _arrays(val), "test": _read("test")}


def _arrays(dataset: Dataset) -> Split:
    """Return the stored images and labels of a data set or of a subset."""
    whole: Any = getattr(dataset, "dataset", dataset)
    indices = getattr(dataset, "indices", range(len(whole)))
    return whole.data[indices].numpy(), whole.targets[indices].numpy()


def _read(split: str) -> Split:
    """Read one split of Chars74K."""
    filenames = [DIRNAME / NAME.format(split=split, what=what) for what in ("images-idx3", "labels-idx1")]
    if missing := [filename for filename in filenames if not filename.is_file()]:
        raise UserError(
            f"{missing[0]} is missing. {README_FILENAME} says where it comes from; --character_sets=mnist does without"
        )
    images, labels = map(read_idx, filenames)
    if images.shape != (len(labels), SIDE, SIDE) or labels.max(initial=0) >= NUM_CLASSES:
        raise UserError(
            f"{filenames[0]} holds images of shape {images.shape}, and there are {len(labels)} labels up to "
            f"{labels.max(initial=0)}: expected one label of 0 to 61 for each image of 28 x 28 pixels"
        )
    return np.ascontiguousarray(images.swapaxes(1, 2)), labels  # EMNIST's files lie on their sides


if __name__ == "__main__":
    look_at(Characters)
