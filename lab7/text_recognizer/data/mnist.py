"""MNIST: 70,000 handwritten digits of 28 x 28 pixels.

Letters in this file: N images.
"""

import gzip
import hashlib
import socket
import zlib
from http.client import HTTPException
from pathlib import Path

import numpy as np
import torch
import torchvision.datasets
from torch.utils.data import Dataset, TensorDataset, random_split

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.show.look import look_at
from text_recognizer.paths import DOWNLOADED_DIRNAME
from text_recognizer.util import UserError

DIRNAME = DOWNLOADED_DIRNAME / "mnist"
SHA256 = {  # of the unpacked files as LeCun published them
    "train-images-idx3-ubyte.gz": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte.gz": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte.gz": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte.gz": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
IMAGES_HEADER, LABELS_HEADER = 16, 8  # bytes before the pixels, and before the labels
MAX_BYTES = 50_000_000  # of an unpacked file; the largest has 47,040,016
STALL_SECONDS = 20  # in which a mirror must send something
SPLIT_SEED = 42


class MNIST(BaseDataModule):
    """Handwritten digits (LeCun, Cortes and Burges 1998), 28 x 28 pixels, white ink on black.

    The four files come from the addresses that torchvision knows. They are read only if they are the official ones.
    """

    input_dims = (1, 28, 28)
    output_dims = (1,)
    mapping = tuple("0123456789")
    source = f"MNIST, the official files in {DIRNAME}"

    def download(self) -> None:
        """Download the files that are missing, and those that are not the official ones."""
        for name in SHA256:
            try:
                _read(DIRNAME / name, SHA256[name])
            except UserError:
                _download(DIRNAME / name, SHA256[name])

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return 55,000 of the training digits, the other 5,000 for validation, and the 10,000 test digits."""
        generator = torch.Generator().manual_seed(SPLIT_SEED)
        train, val = random_split(_load("train"), [11 / 12, 1 / 12], generator)
        return train, val, _load("t10k")


def _download(filename: Path, sha256: str) -> None:
    filename.parent.mkdir(parents=True, exist_ok=True)
    part = filename.with_name(f"{filename.name}.part")
    reasons = []
    for mirror in torchvision.datasets.MNIST.mirrors:
        socket.setdefaulttimeout(STALL_SECONDS)
        try:
            torch.hub.download_url_to_file(mirror + filename.name, str(part))
            _read(part, sha256)
            part.replace(filename)
            return
        except (OSError, HTTPException, UserError) as error:
            reasons.append(f"{mirror}{filename.name} ({' '.join(str(error).split())})")
        finally:
            part.unlink(missing_ok=True)
            socket.setdefaulttimeout(None)
    what = "not MNIST's official file, which" if filename.exists() else "missing and"
    raise UserError(
        f"{filename.name} is {what} could not be downloaded. Tried: {'; '.join(reasons)}. Get it on a machine with a "
        f"network and put it into {filename.parent}, or type --data_class=UCIDigits: 1,797 real digits without a file"
    )


def _load(part: str) -> TensorDataset:
    """Read one part, "train" or "t10k": images (N, 1, 28, 28) float in [0, 1], and labels (N,) in 0..9."""
    images_name, labels_name = f"{part}-images-idx3-ubyte.gz", f"{part}-labels-idx1-ubyte.gz"
    pixels = np.frombuffer(_read(DIRNAME / images_name, SHA256[images_name]), dtype=np.uint8, offset=IMAGES_HEADER)
    labels = np.frombuffer(_read(DIRNAME / labels_name, SHA256[labels_name]), dtype=np.uint8, offset=LABELS_HEADER)
    images = torch.from_numpy(pixels.reshape(-1, *MNIST.input_dims).astype(np.float32)) / 255
    return TensorDataset(images, torch.from_numpy(labels.astype(np.int64)))


def _read(filename: Path, sha256: str) -> bytes:
    """Return the unpacked content of a file if it has that hash; refuse any other."""
    if not filename.is_file():
        raise UserError(f"{filename} is missing: download it with prepare_data() or `make download`")
    try:
        with gzip.open(filename) as file:
            content = file.read(MAX_BYTES)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        content = b""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise UserError(f"{filename} is not MNIST's official file: delete it, and run the command again to download it")
    return content


if __name__ == "__main__":
    look_at(MNIST)
