"""Writes a small MNIST: scikit-learn's real digits in files of its format. The tests take them for the official."""

import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np

NUM_TRAIN, NUM_TEST = 480, 120


def write(downloaded_dirname: Path) -> None:
    """Write the idx files into `mnist` under the directory of downloads."""
    from text_recognizer.data import mnist
    from text_recognizer.data.uci_digits import UCIDigits

    train = UCIDigits().load_splits()[0]
    images, labels = (tensor[train.indices].numpy() for tensor in train.dataset.tensors)
    images = np.round(images[:, 0] * 255)
    dirname = downloaded_dirname / "mnist"
    dirname.mkdir(parents=True, exist_ok=True)
    for part, rows in (("train", slice(NUM_TRAIN)), ("t10k", slice(NUM_TRAIN, NUM_TRAIN + NUM_TEST))):
        write_idx(dirname / f"{part}-images-idx3-ubyte.gz", images[rows])
        write_idx(dirname / f"{part}-labels-idx1-ubyte.gz", labels[rows])
    mnist.SHA256.update({name: unpacked_sha256_of(dirname / name) for name in mnist.SHA256})


def unpacked_sha256_of(filename: Path) -> str:
    return hashlib.sha256(gzip.decompress(filename.read_bytes())).hexdigest()


def write_idx(filename: Path, array: np.ndarray) -> None:
    """Write an array of bytes in the idx format, compressed if the name ends in .gz."""
    header = struct.pack(f">BBBB{array.ndim}i", 0, 0, 8, array.ndim, *array.shape)
    content = header + array.astype(np.uint8).tobytes()
    filename.write_bytes(gzip.compress(content) if filename.suffix == ".gz" else content)
