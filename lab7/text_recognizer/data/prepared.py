"""Prepared data in HDF5 files: written whole or not at all, and made anew when what they were made from has changed.

Letters in this file: N examples, H W image.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeGuard

import h5py
import numpy as np
import torch
from torch.utils.data import Dataset

from text_recognizer.data.stand_in import STAND_IN, is_stand_in
from text_recognizer.util import UserError, sha256_of, write_atomically

MADE_FROM = "made_from"
MAX_BYTES_TO_HASH = 50_000_000  # a larger file counts as the same while its size and date stay


def fingerprint(**parts: Any) -> str:
    """Describe what a prepared file is made from: files and settings, by name."""
    return json.dumps({key: _describe(value) for key, value in parts.items()}, sort_keys=True)


def _describe(value: Any) -> Any:
    if not isinstance(value, Path):
        return value
    mark = [STAND_IN] * is_stand_in(value)
    if value.stat().st_size < MAX_BYTES_TO_HASH:
        return [*mark, value.name, sha256_of(value)]
    return [*mark, value.name, value.stat().st_size, value.stat().st_mtime_ns]


def is_of_stand_in(made_from: str | None) -> bool:
    """Tell whether a fingerprint is that of something made from a stand-in."""
    return made_from is not None and STAND_IN in made_from


def is_made_with(made_from: str, **parts: Any) -> bool:
    """Tell whether a fingerprint has these parts, among others."""
    stored = json.loads(made_from)
    return all(stored.get(key) == _describe(value) for key, value in parts.items())


def outlives_source(made_from: str | None, **parts: Any) -> TypeGuard[str]:
    """Tell whether what was made with these parts goes on serving when its source is deleted: a stand-in's does not."""
    return made_from is not None and is_made_with(made_from, **parts) and not is_of_stand_in(made_from)


def is_current(filename: Path, made_from: str) -> bool:
    """Tell whether a whole prepared file is there and was made from just this."""
    return made_from_of(filename) == made_from


def made_from_of(filename: Path) -> str | None:
    """Return the fingerprint in a prepared file; None if there is no such file or it cannot be read."""
    if not filename.exists():
        return None
    try:
        with h5py.File(filename) as file:
            return file.attrs.get(MADE_FROM)
    except OSError:
        print(f"{filename} is damaged and is made again")
        return None


@contextmanager
def write_prepared(filename: Path, made_from: str) -> Iterator[h5py.File]:
    """Open an HDF5 file that takes its name only when the block has ended well."""
    with write_atomically(filename) as raw, h5py.File(raw, "w") as file:
        file.attrs[MADE_FROM] = made_from
        yield file


def open_prepared(filename: Path) -> h5py.File:
    """Open a prepared file for reading.

    Raises
    ------
    UserError
        If it is missing or damaged.
    """
    try:
        return h5py.File(filename)
    except FileNotFoundError:
        raise UserError(f"{filename} is missing: make it with prepare_data() or `make generate`") from None
    except OSError as error:
        raise UserError(
            f"{filename} is damaged ({error}): make it again with prepare_data() or `make generate`"
        ) from None


def write_images(file: h5py.File, name: str, images: np.ndarray) -> None:
    """Store (N, H, W) uint8 images one to a chunk, so that reading one reads no other."""
    file.create_dataset(name, data=images, chunks=(1, *images.shape[1:]), compression="lzf")


class PreparedDataset(Dataset):
    """Images and targets of one split of a prepared file, read one by one, so that memory holds none of the images.

    Parameters
    ----------
    filename
        A file with data sets `x_<split>` (N, H, W) uint8 and `y_<split>`.
    split
        Name of the split.
    transform
        Applied to an image (H, W) uint8 when it is taken.
    """

    def __init__(self, filename: Path, split: str, transform: Callable) -> None:
        self.filename = filename
        self.split = split
        self.transform = transform
        with open_prepared(filename) as file:
            self.targets = torch.from_numpy(file[f"y_{split}"][:].astype(np.int64))
        self._images: h5py.Dataset | None = None
        self._reader: int | None = None  # the process that opened the images

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        if self._images is None or self._reader != os.getpid():  # an HDF5 handle does not survive a fork
            self._images, self._reader = h5py.File(self.filename)[f"x_{self.split}"], os.getpid()
        return self.transform(torch.from_numpy(self._images[index])), self.targets[index]

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_images": None}
