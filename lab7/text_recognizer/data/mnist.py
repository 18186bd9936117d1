"""MNIST: 70,000 handwritten digits of 28 x 28 pixels."""

from pathlib import Path

import numpy as np
import torch
import torchvision.datasets
from torch.utils.data import Dataset

from text_recognizer.data.base_data_module import DOWNLOADED_DIRNAME, RAW_DIRNAME, BaseDataModule
from text_recognizer.data.download import find_or_download, read_metadata, report_own_file
from text_recognizer.data.idx import read_idx
from text_recognizer.data.look import look_at
from text_recognizer.data.stand_in import ADVICE, is_stand_in
from text_recognizer.data.util import BaseDataset, split_dataset, to_image_tensor
from text_recognizer.util import UserError

DIRNAME = DOWNLOADED_DIRNAME / "mnist"
METADATA_FILENAME = RAW_DIRNAME / "mnist" / "metadata.toml"
TRAIN_FRACTION = 11 / 12  # of the 60,000 official training digits: 55,000, and 5,000 for validation
SPLIT_SEED = 42
OFFLINE_ADVICE = f"Without it, --data_class=UCIDigits trains on 1,797 small real digits; {ADVICE}"


class MNIST(BaseDataModule):
    """Handwritten digits (LeCun, Cortes and Burges 1998), 28 x 28 pixels, white ink on black.

    Downloads the four idx files from torchvision's mirrors when they are not in `data/downloaded/mnist`; they may lie
    there with or without .gz.
    """

    input_dims = (1, 28, 28)
    output_dims = (1,)
    mapping = tuple("0123456789")
    source = f"MNIST idx files in {DIRNAME}"

    @property
    def is_stand_in(self) -> bool:
        """Whether any of the files is a stand-in."""
        names = [Path(entry["filename"]).stem for entry in read_metadata(METADATA_FILENAME)["file"]]
        return any(is_stand_in(filename) for name in names for filename in _found(name)[:1])

    def download(self) -> None:
        """Download the files that are missing or stand-ins."""
        for entry in read_metadata(METADATA_FILENAME)["file"]:
            filename = DIRNAME / entry["filename"]
            if _found(filename.stem)[:1] == [uncompressed := filename.with_suffix("")]:
                report_own_file(uncompressed, entry["sha256"])
                continue
            urls = [mirror + filename.name for mirror in torchvision.datasets.MNIST.mirrors]
            find_or_download(filename, entry["sha256"], urls, OFFLINE_ADVICE)

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return the training digits but a twelfth, that twelfth, and the official test digits."""
        train, val = split_dataset(_load("train"), TRAIN_FRACTION, SPLIT_SEED)
        return train, val, _load("t10k")


def _load(part: str) -> BaseDataset:
    """Read the images and labels of one official part, "train" or "t10k"."""
    images_filename, labels_filename = _find(f"{part}-images-idx3-ubyte"), _find(f"{part}-labels-idx1-ubyte")
    images, labels = read_idx(images_filename), read_idx(labels_filename)
    if images.shape != (len(labels), *MNIST.input_dims[1:]):
        raise UserError(
            f"{images_filename} holds images of shape {images.shape} and {labels_filename} {len(labels)} labels: "
            f"expected one label an image and 28 x 28 pixels. Delete both and run the command again"
        )
    if labels.max(initial=0) > 9:
        raise UserError(f"{labels_filename} holds the label {labels.max()}: expected 0 to 9. Delete it and run again")
    return BaseDataset(torch.from_numpy(images.copy()), torch.from_numpy(labels.astype(np.int64)), to_image_tensor)


def _found(name: str) -> list[Path]:
    """Return which files of a name there are, with and without .gz; real ones come before stand-ins."""
    return sorted(filter(Path.exists, (DIRNAME / f"{name}.gz", DIRNAME / name)), key=is_stand_in)


def _find(name: str) -> Path:
    if found := _found(name):
        return found[0]
    raise UserError(f"{DIRNAME / name}.gz is missing: download it with prepare_data() or `make download`; {ADVICE}")


if __name__ == "__main__":
    look_at(MNIST)
