"""Prepared data in HDF5 files: written whole or not at all, and made again when their source changes.

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

from text_recognizer.data.storage.stand_in import STAND_IN, is_stand_in
from text_recognizer.util import UserError, sha256_of, write_atomically

MADE_FROM = "made_from"
# What h5py raises for a file with wrong bytes, or without what is looked for.
DAMAGED = (OSError, KeyError, ValueError, TypeError, RuntimeError, AttributeError, UnicodeDecodeError)
MAX_BYTES_TO_HASH = 50_000_000  # a larger file is taken for unchanged while its size and date stay the same


def fingerprint(**parts: Any) -> str:
    """Describe what a prepared file is made from: files and settings, by name."""
    return json.dumps({key: _describe(value) for key, value in parts.items()}, sort_keys=True)


def _describe(value: Any) -> Any:
    if not isinstance(value, Path):
        return value
    mark = [STAND_IN] if is_stand_in(value) else []
    if value.stat().st_size < MAX_BYTES_TO_HASH:
        return [*mark, value.name, sha256_of(value)]
    return [*mark, value.name, value.stat().st_size, value.stat().st_mtime_ns]


def is_of_stand_in(made_from: str | None) -> bool:
    """Tell whether a fingerprint names a stand-in."""
    return made_from is not None and STAND_IN in made_from


def is_made_with(made_from: str, **parts: Any) -> bool:
    """Tell whether a fingerprint contains these parts."""
    try:
        stored = json.loads(made_from)
    except (ValueError, RecursionError):
        return False  # damaged: it is made again
    return isinstance(stored, dict) and all(stored.get(key) == _describe(value) for key, value in parts.items())


def outlives_source(made_from: str | None, **parts: Any) -> TypeGuard[str]:
    """Tell whether a prepared file with these parts is still valid after its source is deleted; a stand-in's is not."""
    return made_from is not None and is_made_with(made_from, **parts) and not is_of_stand_in(made_from)


def is_current(filename: Path, made_from: str) -> bool:
    """Tell whether a prepared file exists, is whole, and has this fingerprint."""
    return made_from_of(filename) == made_from


def made_from_of(filename: Path) -> str | None:
    """Return the fingerprint in a prepared file; None if there is no such file or it cannot be read."""
    if not filename.exists():
        return None
    try:
        with h5py.File(filename) as file:
            made_from = file.attrs.get(MADE_FROM)
            return made_from if isinstance(made_from, str) else None
    except DAMAGED:
        print(f"{filename} is damaged and is made again")
        return None


@contextmanager
def write_prepared(filename: Path, made_from: str) -> Iterator[h5py.File]:
    """Open an HDF5 file that appears under its name only when the block has ended without an error."""
    with write_atomically(filename) as raw, h5py.File(raw, "w") as file:
        file.attrs[MADE_FROM] = made_from
        yield file


@contextmanager
def open_prepared(filename: Path) -> Iterator[h5py.File]:
    """Open a prepared file for reading, and close it at the end of the block.

    Raises
    ------
    UserError
        If it is missing or damaged, or what the block looks for is not in it.
    """
    try:
        with h5py.File(filename) as file:
            yield file
    except UserError:
        raise
    except FileNotFoundError:
        raise UserError(f"{filename} is missing: make it with prepare_data() or `make generate`") from None
    except DAMAGED as error:
        reason = " ".join(str(error).strip("'\"").split())
        raise UserError(
            f"{filename} is damaged ({reason}): delete it, and make it again with prepare_data() or `make generate`"
        ) from None


def write_images(file: h5py.File, name: str, images: np.ndarray) -> None:
    """Store (N, H, W) uint8 images with one image per chunk, so that one can be read alone."""
    file.create_dataset(name, data=images, chunks=(1, *images.shape[1:]), compression="lzf")


class PreparedDataset(Dataset):
    """Images and targets of one split of a prepared file; an image is read from the disk when it is taken.

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
            images = file[f"x_{split}"]
            if images.dtype != np.uint8 or images.ndim != 3 or len(images) != len(self.targets):
                raise ValueError(f"x_{split} holds {images.dtype} {images.shape} beside {len(self.targets)} targets")
        self._images: h5py.Dataset | None = None
        self._reader: int | None = None  # the process that opened the images

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        if self._images is None or self._reader != os.getpid():  # an HDF5 handle does not survive a fork
            self._images, self._reader = h5py.File(self.filename)[f"x_{self.split}"], os.getpid()
        return self.transform(torch.from_numpy(self._stored(index))), self.targets[index]

    def _stored(self, index: int) -> np.ndarray:
        assert self._images is not None
        try:
            return self._images[index]
        except DAMAGED as error:
            raise UserError(
                f"{self.filename} is damaged ({error}): delete it, and make it again with `make generate`"
            ) from None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_images": None}
