"""EMNIST ByClass: 814,255 handwritten digits and letters of 28 x 28 pixels in 62 classes.

Letters in this file: N images, H W image.
"""

import io
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from scipy.io import loadmat
from torch.utils.data import Dataset

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.show.look import look_at
from text_recognizer.data.storage.archives import DAMAGED, read_member
from text_recognizer.data.storage.download import find_or_download, read_metadata
from text_recognizer.data.storage.prepared import (
    fingerprint,
    is_of_stand_in,
    made_from_of,
    open_prepared,
    outlives_source,
    write_prepared,
)
from text_recognizer.data.storage.stand_in import ADVICE, is_stand_in
from text_recognizer.data.util import BaseDataset, split_dataset, to_image_tensor
from text_recognizer.paths import DOWNLOADED_DIRNAME, PROCESSED_DIRNAME, RAW_DIRNAME
from text_recognizer.util import UserError
from text_recognizer.vocabulary import ESSENTIALS, MAPPING, SPECIAL_TOKENS

METADATA_FILENAME = RAW_DIRNAME / "emnist" / "metadata.toml"
ZIP_FILENAME = DOWNLOADED_DIRNAME / "emnist" / "matlab.zip"
PREPARED_FILENAME = PROCESSED_DIRNAME / "emnist" / "byclass.h5"
OFFLINE_ADVICE = f"MNIST (--data_class=MNIST) needs only 11 MB; {ADVICE}"
CURE = "Delete it and run the command again, or put a whole copy in its place"
MEMBER = "matlab/emnist-byclass.mat"
SOURCE_MEMBER = "SOURCE.txt"  # whose characters they are, in an archive that tools/real_characters.py made
CHARACTERS = "characters"  # the prepared file's note whose they are
NUM_CLASSES = 62
IMAGE_SIZE = tuple(ESSENTIALS["input_shape"])
TRAIN_FRACTION = 0.8  # of the official training images; the rest is for validation
SEED = 42
# What decides, besides the zip file, what is prepared. Raise the version when the code changes what it makes.
SETTINGS = {"seed": SEED, "version": 1}


class EMNIST(BaseDataModule):
    """Handwritten digits and letters (Cohen, Afshar, Tapson and van Schaik 2017), balanced.

    Some classes have many times as many images as others, so no class keeps more than the mean number of images.
    Downloads `matlab.zip` (709 MB) when it is not in `data/downloaded/emnist`, and prepares
    `data/processed/emnist/byclass.h5`.
    """

    input_dims = (1, *IMAGE_SIZE)
    output_dims = (1,)
    mapping = MAPPING

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.source = f"{whose_characters()} characters in {NUM_CLASSES} classes, balanced, from {ZIP_FILENAME}"

    @property
    def is_stand_in(self) -> bool:
        """Whether matlab.zip, or what was made from it, is a stand-in."""
        return emnist_is_stand_in()

    def download(self) -> None:
        """Download matlab.zip unless it is there."""
        download_emnist()

    def prepare_data(self) -> None:
        """Download and prepare what is missing."""
        prepare_emnist()

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return four fifths of the official training images, the other fifth, and the official test images."""
        train, val = split_dataset(load_emnist("train"), TRAIN_FRACTION, SEED)
        return train, val, load_emnist("test")


def download_emnist() -> Path:
    """Download matlab.zip unless it is there."""
    metadata = read_metadata(METADATA_FILENAME)
    return find_or_download(ZIP_FILENAME, metadata["sha256"], metadata["urls"], OFFLINE_ADVICE)


def whose_characters() -> str:
    """Return the name of the collection in matlab.zip: EMNIST, or another one that was put into its layout."""
    if not ZIP_FILENAME.exists():
        with suppress(UserError), open_prepared(PREPARED_FILENAME) as file:
            return str(file.attrs.get(CHARACTERS, "EMNIST"))
    with suppress(KeyError, *DAMAGED), zipfile.ZipFile(ZIP_FILENAME) as archive:
        return read_member(archive, SOURCE_MEMBER).decode("utf-8", errors="replace")
    return "EMNIST"


def emnist_is_stand_in() -> bool:
    """Tell whether matlab.zip is a stand-in; where there is none, whether the prepared file was made from one."""
    return is_stand_in(ZIP_FILENAME) if ZIP_FILENAME.exists() else is_of_stand_in(made_from_of(PREPARED_FILENAME))


def prepare_emnist() -> str:
    """Make the prepared file unless it is current; return what it is made from."""
    stored = made_from_of(PREPARED_FILENAME)
    if not ZIP_FILENAME.exists() and outlives_source(stored, **SETTINGS):
        return stored  # the 709 MB were deleted; the prepared file is enough
    if ZIP_FILENAME.exists() and stored == fingerprint(source=ZIP_FILENAME, **SETTINGS):
        return stored
    made_from = fingerprint(source=ZIP_FILENAME if is_stand_in(ZIP_FILENAME) else download_emnist(), **SETTINGS)
    with Console().status(f"Preparing {PREPARED_FILENAME}"):
        _prepare(ZIP_FILENAME, made_from)
    return made_from


def load_emnist(split: str) -> BaseDataset:
    """Load the prepared "train" or "test" images into memory."""
    with open_prepared(PREPARED_FILENAME) as file:
        images, labels = (
            torch.from_numpy(file[f"x_{split}"][:]),
            torch.from_numpy(file[f"y_{split}"][:].astype(np.int64)),
        )
    return BaseDataset(images, labels, to_image_tensor)


def balanced_indices(labels: np.ndarray, seed: int) -> np.ndarray:
    """Choose at most the mean class size of each class, without replacement; return sorted indices into `labels`."""
    rng = np.random.default_rng(seed)
    classes, counts = np.unique(labels, return_counts=True)
    cap = int(counts.mean())
    chosen = [rng.permutation(np.flatnonzero(labels == label))[:cap] for label in classes]
    return np.sort(np.concatenate(chosen))


def _prepare(filename: Path, made_from: str) -> None:
    splits = _read_splits(filename)
    with write_prepared(PREPARED_FILENAME, made_from) as file:
        file.attrs[CHARACTERS] = whose_characters()
        for split, (pixels, classes) in splits.items():
            images, labels = _convert(pixels, classes, f"{filename}: {split}")
            chosen = balanced_indices(labels, SEED)
            file.create_dataset(f"x_{split}", data=images[chosen], compression="lzf")
            file.create_dataset(f"y_{split}", data=labels[chosen])


def _read_splits(filename: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return each official split's pixels (N, 784) and classes (N, 1), as they are stored."""
    try:
        with zipfile.ZipFile(filename) as archive:
            content = read_member(archive, MEMBER)
    except KeyError:
        raise UserError(f"{filename} holds no {MEMBER}: expected EMNIST's matlab.zip") from None
    except DAMAGED as error:
        raise UserError(f"{filename} is truncated or corrupt ({error}). {CURE}") from None
    try:
        dataset = loadmat(io.BytesIO(content))["dataset"][0, 0]
        return {split: (dataset[split][0, 0]["images"], dataset[split][0, 0]["labels"]) for split in ("train", "test")}
    except Exception as error:  # SciPy raises whatever wrong bytes lead it into
        raise UserError(f"{filename}: {MEMBER} is not EMNIST's ({type(error).__name__}: {error}). {CURE}") from error


def _convert(pixels: np.ndarray, classes: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Turn stored pixels and classes into upright images (N, H, W) and labels (N,), which are indices into MAPPING."""
    classes = classes.reshape(-1)
    if pixels.shape != (len(classes), np.prod(IMAGE_SIZE)) or classes.max(initial=0) >= NUM_CLASSES:
        raise UserError(
            f"{name} has pixels of shape {pixels.shape} and {len(classes)} labels up to {classes.max(initial=0)}. "
            f"Expected 784 pixels an image and labels 0 to 61, as in EMNIST's matlab.zip. {CURE}"
        )
    # MATLAB stores columns first, so the images lie on their sides until the axes are swapped.
    images = np.ascontiguousarray(pixels.reshape(-1, *IMAGE_SIZE).swapaxes(1, 2))
    return images, classes.astype(np.uint8) + len(SPECIAL_TOKENS)


if __name__ == "__main__":
    look_at(EMNIST)
