"""Writes a small MNIST: scikit-learn's real digits in the four official idx files."""

import gzip
import struct
from pathlib import Path

import numpy as np

NUM_TRAIN, NUM_TEST = 480, 120


def write(downloaded_dirname: Path) -> None:
    """Write the idx files into `mnist` under the directory of downloads."""
    from text_recognizer.data.uci_digits import UCIDigits

    train = UCIDigits().load_splits()[0]
    images = train.dataset.data[train.indices].numpy()
    labels = train.dataset.targets[train.indices].numpy().astype(np.uint8)
    dirname = downloaded_dirname / "mnist"
    dirname.mkdir(parents=True, exist_ok=True)
    for part, rows in (("train", slice(NUM_TRAIN)), ("t10k", slice(NUM_TRAIN, NUM_TRAIN + NUM_TEST))):
        write_idx(dirname / f"{part}-images-idx3-ubyte.gz", images[rows])
        write_idx(dirname / f"{part}-labels-idx1-ubyte.gz", labels[rows])


def write_idx(filename: Path, array: np.ndarray) -> None:
    """Write an array of bytes in the idx format, compressed if the name ends in .gz."""
    header = struct.pack(f">BBBB{array.ndim}i", 0, 0, 8, array.ndim, *array.shape)
    content = header + array.astype(np.uint8).tobytes()
    filename.write_bytes(gzip.compress(content) if filename.suffix == ".gz" else content)
