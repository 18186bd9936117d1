"""Writes a stand-in for EMNIST in the format of its official file.

Letters in this file: N characters, H W image.
"""

import io
import zipfile
from contextlib import closing

import numpy as np
from scipy.io import savemat

from stand_ins.characters import (
    CHARACTERS_BY_WRITER,
    CLASSES,
    SPLITS,
    draw_characters,
    tasks_of,
    uneven_labels,
)
from stand_ins.work import add_marker, add_member, draw_all, files, is_wanted
from text_recognizer.data import emnist

LEAST = {"train": 40, "test": 4}  # of each class, so that a fifth of the training images still has all of them
MAT_HEADER_BYTES = 116  # of a MATLAB file are text, in which SciPy notes the time


def write_emnist(sizes: dict[str, int], seed: int, num_processes: int, marker: str) -> bool:
    """Write EMNIST's matlab.zip; return whether it was drawn."""
    filename = emnist.ZIP_FILENAME
    if not is_wanted([filename], marker):
        return False
    with files([filename]) as (file,):
        drawn = {split: draw_split(split, sizes[split], seed, num_processes) for split in SPLITS}
        with zipfile.ZipFile(file, "w") as archive:
            add_marker(archive, marker)
            add_member(archive, emnist.MEMBER, mat_bytes(drawn))
    return True


def draw_split(split: str, num: int, seed: int, num_processes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return upright images (N, 28, 28) and labels (N,)."""
    rng = np.random.default_rng([seed, SPLITS.index(split)])
    labels = uneven_labels(num, LEAST[split], rng)
    title = f"Drawing {len(labels):,} {split} characters for EMNIST"
    with closing(draw_all(draw_characters, tasks_of(split, labels, seed), num_processes, title)) as drawn:
        return np.concatenate(list(drawn)), labels.astype(np.uint8)


def _mat_split(images: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Return a split as emnist-byclass.mat has it: images on their sides, a column each of labels and writers."""
    writers = np.arange(len(labels)) // CHARACTERS_BY_WRITER
    pixels = images.swapaxes(1, 2).reshape(len(images), -1)
    return {"images": pixels, "labels": labels[:, None], "writers": writers[:, None].astype(np.float64)}


def mat_bytes(drawn: dict[str, tuple[np.ndarray, np.ndarray]]) -> bytes:
    """Return the MATLAB file of EMNIST ByClass, from each split's images and labels."""
    splits = {split: _mat_split(*arrays) for split, arrays in drawn.items()}
    mapping = np.array([[label, ord(character)] for label, character in enumerate(CLASSES)], dtype=np.uint8)
    content = io.BytesIO()
    savemat(content, {"dataset": {**splits, "mapping": mapping}})
    content.seek(0)
    content.write(b"MATLAB 5.0 MAT-file".ljust(MAT_HEADER_BYTES))  # the same at any time
    return content.getvalue()
