"""Lines of real handwriting under a free licence: "Copiste d'un jour" of the BAnQ, CC-BY 4.0.

The texts are French; their accents are removed, so that the English vocabulary is enough.

Letters in this file: N lines, H W image.
"""

import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from torch.utils.data import Dataset

from text_recognizer.checked_json import parse_rows
from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.drawing.augmented import AugmentedDataset
from text_recognizer.data.iam_lines import IMAGE_HEIGHT, IMAGE_WIDTH, OUTPUT_LENGTH, fit_to_canvas
from text_recognizer.data.show.look import look_at
from text_recognizer.data.storage.archives import DAMAGED, read_member
from text_recognizer.data.storage.download import read_metadata, report_own_file
from text_recognizer.data.storage.prepared import (
    PreparedDataset,
    fingerprint,
    is_current,
    is_of_stand_in,
    made_from_of,
    outlives_source,
    write_images,
    write_prepared,
)
from text_recognizer.data.storage.progress import progress
from text_recognizer.data.storage.stand_in import ADVICE, STAND_IN, is_stand_in
from text_recognizer.data.util import to_image_tensor
from text_recognizer.images.augment import Augment
from text_recognizer.images.regions import paper_of
from text_recognizer.images.safe_open import read_grey
from text_recognizer.paths import DOWNLOADED_DIRNAME, PROCESSED_DIRNAME, RAW_DIRNAME
from text_recognizer.util import UserError
from text_recognizer.vocabulary import INDEX_OF, MAPPING, encode

METADATA = read_metadata(RAW_DIRNAME / "copiste" / "metadata.toml")
ZIP_FILENAME = DOWNLOADED_DIRNAME / "copiste" / METADATA["filename"]
PREPARED_FILENAME = PROCESSED_DIRNAME / "copiste_lines" / "lines.h5"
ROW = {"image": str, "page": str, "text": str}  # of lines.jsonl
SEED = 42
SHARES = {"val": 0.1, "test": 0.1}  # of the writers
SETTINGS = {"canvas": [IMAGE_HEIGHT, IMAGE_WIDTH], "seed": SEED, "version": 1}
LETTERS = {"œ": "oe", "Œ": "Oe", "æ": "ae", "Æ": "Ae", "\u2019": "'", "\u2018": "'", **dict.fromkeys("«»“”", '"')}
LAYOUT = "data/raw/copiste/readme.md says how it is laid out"


@dataclass(frozen=True)
class CopisteLine:
    """One line: the name of its picture in the zip file, who wrote it, and its text with accents folded."""

    image: str
    writer_id: str
    text: str


class CopisteLines(BaseDataModule):
    """Lines of modern French handwriting from "Copiste d'un jour" (BAnQ, CC-BY 4.0), in the format of `IAMLines`.

    Needs `copiste_lines.zip` in `data/downloaded/copiste` and prepares `data/processed/copiste_lines/lines.h5`. The
    splits are by writer. Lines with characters outside the vocabulary, or with more than fit, are left out.

    Parameters
    ----------
    augment
        Change training images at random, differently in each epoch; validation and test images are only scaled.
    """

    input_dims = (1, IMAGE_HEIGHT, IMAGE_WIDTH)
    output_dims = (OUTPUT_LENGTH,)
    mapping = MAPPING

    def __init__(self, augment: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.augment = augment
        name = f"{STAND_IN} for Copiste" if self.is_stand_in else "Copiste (BAnQ, CC-BY 4.0)"
        self.source = f"lines of {name}, in {PREPARED_FILENAME}"

    @property
    def is_stand_in(self) -> bool:
        """Whether Copiste, or what was made from it, is a stand-in."""
        return is_stand_in(ZIP_FILENAME) if ZIP_FILENAME.exists() else is_of_stand_in(made_from_of(PREPARED_FILENAME))

    def download(self) -> None:
        """Find the user's zip file: nothing is downloaded."""
        find_copiste()

    def prepare_data(self) -> None:
        """Scale the lines to the canvas unless that is done."""
        prepare_copiste_lines()

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return the prepared lines; images are read when they are taken."""
        train, val, test = (
            PreparedDataset(PREPARED_FILENAME, split, to_image_tensor) for split in ("train", "val", "test")
        )
        if self.augment and not self.validates_on_train:  # --overfit_batches needs the same images in each epoch
            return AugmentedDataset(PREPARED_FILENAME, "train", Augment.for_lines()), val, test
        return train, val, test


def find_copiste() -> Path:
    """Return the user's zip file; print its hash if it is not the one that the figures were measured on."""
    if not ZIP_FILENAME.is_file():
        raise UserError(
            f"{ZIP_FILENAME.name} is missing and is not downloaded for you. Put it into {ZIP_FILENAME.parent}; "
            f"{LAYOUT}. {ADVICE}"
        )
    if not is_stand_in(ZIP_FILENAME):
        report_own_file(ZIP_FILENAME, METADATA["sha256"])
    return ZIP_FILENAME


def prepare_copiste_lines() -> None:
    """Make the prepared file unless it is current or its source was deleted; print what is left out."""
    if not ZIP_FILENAME.exists() and outlives_source(made_from_of(PREPARED_FILENAME), **SETTINGS):
        return
    made_from = fingerprint(source=find_copiste(), **SETTINGS)
    if is_current(PREPARED_FILENAME, made_from):
        return
    lines = read_lines(ZIP_FILENAME)
    usable = [line for line in lines if is_usable(line.text)]
    print(f"Copiste: {len(lines):,} lines, {len(lines) - len(usable)} left out for their characters or their length")
    with write_prepared(PREPARED_FILENAME, made_from) as file, zipfile.ZipFile(ZIP_FILENAME) as archive:
        for split, writers in split_writers(usable).items():
            _write_split(file, split, archive, [line for line in usable if line.writer_id in writers])


def read_lines(filename: Path) -> list[CopisteLine]:
    """Read what a zip file's lines.jsonl lists."""
    try:
        with zipfile.ZipFile(filename) as archive:
            rows = parse_rows(read_member(archive, "lines.jsonl"), "lines.jsonl", ROW)
    except (KeyError, UserError, *DAMAGED) as error:
        raise UserError(f"{filename} is no whole set of Copiste's lines ({error}); {LAYOUT}") from None
    return [CopisteLine(row["image"], writer_of(row["page"]), fold(row["text"])) for row in rows]


def fold(text: str) -> str:
    """Write a French text in English letters and marks: no accents, no ligatures, plain quotes."""
    plain = "".join(LETTERS.get(character, character) for character in text)
    return "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))


def writer_of(page: str) -> str:
    """Return the writer of a page: its id up to the number; the rest counts the pages of one writer."""
    match = re.match(r".*?_\d{4}", page)
    return match[0] if match else page


def is_usable(text: str) -> bool:
    """Tell whether a text is in the vocabulary and fits into a row of labels with its start and end."""
    return 0 < len(text) <= OUTPUT_LENGTH - 2 and not set(text) - INDEX_OF.keys()


def split_writers(lines: list[CopisteLine]) -> dict[str, set[str]]:
    """Assign the writers to "train", "val" and "test"; the order of the lines does not matter."""
    writers = np.random.default_rng(SEED).permutation(sorted({line.writer_id for line in lines})).tolist()
    num = {split: round(share * len(writers)) for split, share in SHARES.items()}
    splits = {split: {writers.pop() for _ in range(num[split])} for split in SHARES} | {"train": set(writers)}
    if empty := [split for split, members in splits.items() if not members]:
        raise UserError(f"{ZIP_FILENAME}: too few writers ({len(writers)}) for a {empty[0]} split; {LAYOUT}")
    return splits


def _write_split(file: h5py.File, split: str, archive: zipfile.ZipFile, lines: list[CopisteLine]) -> None:
    with progress(lines, f"Scaling {split} lines") as shown:
        images = np.stack(list(_canvases(archive, shown)))
    write_images(file, f"x_{split}", images)
    labels = [encode(line.text, OUTPUT_LENGTH, with_start_end_tokens=True) for line in lines]
    file.create_dataset(f"y_{split}", data=np.array(labels, dtype=np.uint8))
    file.create_dataset(f"id_{split}", data=[line.image for line in lines])
    print(f"{split}: {len(lines):,} lines of {len({line.writer_id for line in lines})} writers")


def _canvases(archive: zipfile.ZipFile, lines: Any) -> Iterator[np.ndarray]:
    """Yield each line on the canvas (56, 1024), white ink on black."""
    for line in lines:
        try:
            image = 255 - read_grey(read_member(archive, line.image), line.image)
        except (KeyError, UserError, *DAMAGED) as error:
            raise UserError(f"{archive.filename}: {line.image} is no whole picture ({error}); {LAYOUT}") from None
        yield fit_to_canvas(image, paper_of(image))


if __name__ == "__main__":
    look_at(CopisteLines)
