"""Strips that the recogniser cut out of drawn pictures, to train its line model on.

Letters in this file: N strips, H W image, S labels in a row.
"""

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, ClassVar

import h5py
import numpy as np
from torch.utils.data import Dataset

from text_recognizer.checked_json import parse_rows
from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.drawing.augmented import AugmentedDataset
from text_recognizer.data.drawing.mixed import Sources
from text_recognizer.data.iam_lines import IMAGE_HEIGHT, IMAGE_WIDTH, OUTPUT_LENGTH, fit_to_canvas
from text_recognizer.data.reader_lines import ReaderLines
from text_recognizer.data.show.look import look_at
from text_recognizer.data.storage.archives import DAMAGED, read_member
from text_recognizer.data.storage.prepared import (
    PreparedDataset,
    fingerprint,
    is_current,
    is_of_stand_in,
    made_from_of,
    write_images,
    write_prepared,
)
from text_recognizer.data.storage.progress import progress
from text_recognizer.data.storage.stand_in import STAND_IN, is_stand_in
from text_recognizer.data.util import to_image_tensor
from text_recognizer.images.augment import Augment
from text_recognizer.images.safe_open import read_grey
from text_recognizer.page.cut_lines import STRIP_MARGIN
from text_recognizer.paths import PROCESSED_DIRNAME
from text_recognizer.util import UserError
from text_recognizer.vocabulary import Tokenizer
from text_recognizer.wide_vocabulary import WIDE_MAPPING

DIRNAME = PROCESSED_DIRNAME / "world_strips"
PREPARED_FILENAME = DIRNAME / "strips.h5"
LISTING = "lines.jsonl"
ROW = {"image": str, "page": str, "text": str}
VERSION = 2  # raise it when the prepared file changes
SMALLEST = 0.85  # scale: strips that would have to be smaller to fit on the canvas are left out; they are never scaled
HELD_OUT = 0.03  # share of the pictures for validation, and as many for testing
ADVICE = "draw them with `python training/draw_strips.py`"
TOKENIZER = Tokenizer(WIDE_MAPPING)


@dataclass(frozen=True)
class StoredStrip:
    """A strip: its file, the names of its image and of its picture there, and its text."""

    filename: Path
    image: str
    picture: str
    text: str


class WorldStrips(BaseDataModule):
    """Strips of drawn pictures with their texts, on the canvas of `IAMLines`, in the recogniser's vocabulary.

    Needs what `training/draw_strips.py` stores in `data/processed/world_strips`. The splits are by picture. They share
    hands, papers and real lines, so the validation figure tells of training rather than of reading.

    Parameters
    ----------
    augment
        Change training images at random, differently in each epoch; validation and test images are only scaled.
    """

    input_dims = (1, IMAGE_HEIGHT, IMAGE_WIDTH)
    output_dims = (OUTPUT_LENGTH,)
    mapping = WIDE_MAPPING

    def __init__(self, augment: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.augment = augment
        name = f"{STAND_IN}: strips" if self.is_stand_in else "strips"
        self.source = f"{name} of drawn pictures, in {PREPARED_FILENAME}"

    @property
    def is_stand_in(self) -> bool:
        """Whether stand-ins for real lines are among the strips."""
        filenames = filenames_of_strips()
        return any(map(is_stand_in, filenames)) if filenames else is_of_stand_in(made_from_of(PREPARED_FILENAME))

    def prepare_data(self) -> None:
        """Put the strips onto canvases unless that is done."""
        prepare_world_strips()

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return the prepared strips; images are read when they are taken."""
        train, val, test = (
            PreparedDataset(PREPARED_FILENAME, split, to_image_tensor) for split in ("train", "val", "test")
        )
        if self.augment and not self.validates_on_train:  # --overfit_batches needs the same images in each epoch
            return AugmentedDataset(PREPARED_FILENAME, "train", Augment.for_lines()), val, test
        return train, val, test


class WorldReaderLines(ReaderLines):
    """The lines of `ReaderLines`, with strips of drawn pictures as another source."""

    SOURCES: ClassVar[Sources] = ReaderLines.SOURCES | {"WorldStrips": WorldStrips}


def filename_of(number: int) -> Path:
    """Return the file of the strips with a number."""
    return DIRNAME / f"strips_{number}.zip"


def filenames_of_strips() -> list[Path]:
    """Return the files of strips that were drawn."""
    return sorted(DIRNAME.glob("strips_*.zip"))


def prepare_world_strips() -> None:
    """Make the prepared file of all stored strips unless it is current.

    Raises
    ------
    UserError
        If there are no strips, or a file is damaged.
    """
    filenames = filenames_of_strips()
    if not filenames:
        raise UserError(f"{DIRNAME} holds no strips_1.zip: {ADVICE}")
    made_from = fingerprint(version=VERSION, **{filename.stem: filename for filename in filenames})
    if is_current(PREPARED_FILENAME, made_from):
        return
    parts: dict[str, list[StoredStrip]] = {"train": [], "val": [], "test": []}
    for filename in filenames:
        strips = read_listing(filename)
        pictures = sorted({strip.picture for strip in strips})
        num = max(1, round(HELD_OUT * len(pictures)))
        split_of = dict.fromkeys(pictures[:num], "val") | dict.fromkeys(pictures[num : 2 * num], "test")
        for strip in strips:
            parts[split_of.get(strip.picture, "train")].append(strip)
    if empty := [split for split, strips in parts.items() if not strips]:
        raise UserError(f"{DIRNAME}: too few pictures with strips for a {empty[0]} split: {ADVICE}")
    with write_prepared(PREPARED_FILENAME, made_from) as file:
        for split, strips in parts.items():
            _write_split(file, split, strips)


def read_listing(filename: Path) -> list[StoredStrip]:
    """Return the strips of a file; those whose text does not fit into a row of labels are left out."""
    try:
        with zipfile.ZipFile(filename) as archive:
            rows = parse_rows(read_member(archive, LISTING), LISTING, ROW)
    except (KeyError, UserError, *DAMAGED) as error:
        raise UserError(f"{filename} is no whole file of strips ({error}): delete it, and {ADVICE}") from None
    return [StoredStrip(filename, row["image"], row["page"], row["text"]) for row in rows if is_usable(row["text"])]


def is_usable(text: str) -> bool:
    """Tell whether a text is in the vocabulary and fits into a row of labels with its start and end."""
    return 0 < len(text) <= OUTPUT_LENGTH - 2 and not set(text) - TOKENIZER.label_of.keys()


def _write_split(file: h5py.File, split: str, strips: Sequence[StoredStrip]) -> None:
    images, labels = [], []
    with progress(strips, f"Storing {split} strips") as shown:
        for strip, pixels in zip(strips, _pixels(shown), strict=True):
            line = pixels[:, STRIP_MARGIN:-STRIP_MARGIN]  # the canvas has margins of its own
            if line.shape[1] * SMALLEST <= IMAGE_WIDTH:
                images.append(fit_to_canvas(line, 0))
                labels.append(TOKENIZER.encode(strip.text, OUTPUT_LENGTH, with_start_end_tokens=True))
    if not images:
        raise UserError(f"{DIRNAME}: none of {len(strips)} {split} strips fits on the canvas: {ADVICE}")
    write_images(file, f"x_{split}", np.stack(images))
    file.create_dataset(f"y_{split}", data=np.array(labels, dtype=np.uint8))
    print(f"{split}: {len(images):,} strips; left out: {len(strips) - len(images)} that are too long")


def _pixels(strips: Iterable[StoredStrip]) -> Iterator[np.ndarray]:
    """Yield the pixels of strips (H, W) uint8, white ink on black; each file is opened once."""
    for filename, group in groupby(strips, key=lambda strip: strip.filename):
        with zipfile.ZipFile(filename) as archive:
            for strip in group:
                try:
                    yield read_grey(read_member(archive, strip.image), strip.image)
                except (KeyError, UserError, *DAMAGED) as error:
                    about = f"{filename}: {strip.image} is no whole picture ({error})"
                    raise UserError(f"{about}: delete the file, and {ADVICE}") from None


if __name__ == "__main__":
    look_at(WorldStrips)
