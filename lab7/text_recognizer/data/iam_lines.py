"""Lines of real handwriting, cut out of the forms of IAM.

IAM is for non-commercial research only: never publish its images.

Letters in this file: N lines, H W image, S labels in a row.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from PIL import Image
from torch.utils.data import Dataset

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.drawing.augmented import AugmentedDataset
from text_recognizer.data.iam import IAM, TASK_FILES, find_iam, has_iam, iam_is_stand_in
from text_recognizer.data.show.look import look_at
from text_recognizer.data.storage.iam_forms import Form, Line
from text_recognizer.data.storage.prepared import (
    PreparedDataset,
    fingerprint,
    made_from_of,
    open_prepared,
    outlives_source,
    write_images,
    write_prepared,
)
from text_recognizer.data.storage.progress import progress
from text_recognizer.data.util import to_image_tensor
from text_recognizer.images.augment import Augment
from text_recognizer.images.regions import crop, ink_of, is_shown, paper_of
from text_recognizer.paths import PROCESSED_DIRNAME
from text_recognizer.util import UserError
from text_recognizer.vocabulary import MAPPING, encode

PREPARED_FILENAME = PROCESSED_DIRNAME / "iam_lines" / "lines.h5"
IMAGE_HEIGHT = 56
# Of the IAM subset's lines one in fifty is wider at this height, by up to 36 %: those are drawn smaller.
IMAGE_WIDTH = 1024
LEFT_MARGIN = 28  # pixels before a line, where there is room: slanting would push its first letter off the canvas
OUTPUT_LENGTH = 89  # the longest line of IAM has 87 characters, and there are a start and an end
# What decides, besides IAM itself, what is prepared. Raise the version when the code changes what it makes.
SETTINGS = {"canvas": [IMAGE_HEIGHT, IMAGE_WIDTH], "version": 2}


class IAMLines(BaseDataModule):
    """Lines of the IAM Handwriting Database (Marti and Bunke 2002), for non-commercial research only.

    Each line is scaled to a height of 56 pixels and stands on a canvas of 56 x 1024. Needs `iamdb.zip` in
    `data/downloaded/iam`, which each user gets from IAM's authors, and prepares `data/processed/iam_lines/lines.h5`.
    Lines whose box is marked as doubtful, or shows no ink, are left out. The splits are by form, those of the
    task lists in the zip file.

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
        self.source = f"lines of IAM, in {PREPARED_FILENAME}"

    @property
    def is_stand_in(self) -> bool:
        """Whether IAM, or what was made from it, is a stand-in."""
        return iam_is_stand_in(PREPARED_FILENAME)

    def download(self) -> None:
        """Find the user's iamdb.zip: nothing is downloaded."""
        find_iam()

    def prepare_data(self) -> None:
        """Cut out the lines unless the prepared file is current."""
        prepare_iam_lines()

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return the prepared lines; images are read when they are taken."""
        with open_prepared(PREPARED_FILENAME) as file:
            self.source = f"lines of the {file.attrs['name']}, in {PREPARED_FILENAME}"
        train, val, test = (PreparedDataset(PREPARED_FILENAME, split, to_image_tensor) for split in TASK_FILES)
        if self.augment and not self.validates_on_train:  # --overfit_batches needs the same images in each epoch
            return AugmentedDataset(PREPARED_FILENAME, "train", Augment.for_lines()), val, test
        return train, val, test


def prepare_iam_lines() -> None:
    """Make the prepared file unless it is current; print the licence and what is left out."""
    stored = made_from_of(PREPARED_FILENAME)
    if not has_iam() and outlives_source(stored, **SETTINGS):
        return  # IAM was deleted since; what was made from it serves
    iam = IAM()
    made_from = fingerprint(source=iam.fingerprint(), **SETTINGS)
    if stored == made_from:
        return
    print(f"{iam}\n{iam.licence}.")
    forms = {split: [iam.form(form_id) for form_id in form_ids] for split, form_ids in iam.splits.items()}
    with write_prepared(PREPARED_FILENAME, made_from) as file:
        file.attrs["name"] = iam.name
        for split in forms:
            write_split(file, split, iam, forms[split])


def usable_lines(form: Form) -> list[Line]:
    """Return the lines of a form whose boxes are reliable."""
    return [line for line in form.lines if line.region is not None and not line.is_err]


def fit_to_canvas(image: np.ndarray, paper: int) -> np.ndarray:
    """Scale a line (H, W), white ink on black, to a height of 56 pixels and put it on a canvas of paper: (56, 1024).

    A line too wide for the canvas is drawn smaller, in the middle of the canvas's height, and never cut.
    """
    height, width = image.shape
    scale = min(IMAGE_HEIGHT / height, IMAGE_WIDTH / width)
    size = max(1, round(scale * width)), max(1, round(scale * height))
    scaled = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR))
    canvas = np.full((IMAGE_HEIGHT, IMAGE_WIDTH), paper, dtype=np.uint8)
    x, y = min(LEFT_MARGIN, IMAGE_WIDTH - size[0]), (IMAGE_HEIGHT - size[1]) // 2
    canvas[y : y + size[1], x : x + size[0]] = scaled
    return canvas


def write_split(file: h5py.File, split: str, iam: IAM, forms: list[Form]) -> None:
    """Write the lines of a split's forms, all on canvases of one size; compressed, the empty paper takes no room."""
    lines, images, num_too_wide = [], [], 0
    with progress(forms, f"Cutting out {split} lines") as shown:
        for line, image, paper in crops_of(iam, shown):
            lines.append(line)
            images.append(fit_to_canvas(image, paper))
            num_too_wide += IMAGE_HEIGHT * image.shape[1] > IMAGE_WIDTH * image.shape[0]
    if not lines:
        raise UserError(f"{iam.filename}: none of the {len(forms)} {split} forms has a line whose place is certain")
    write_images(file, f"x_{split}", np.stack(images))
    labels = [_labels_of(line, iam.filename) for line in lines]
    file.create_dataset(f"y_{split}", data=np.array(labels, dtype=np.uint8))
    file.create_dataset(f"id_{split}", data=[line.id for line in lines])
    num_err = sum(line.is_err for form in forms for line in form.lines)
    num_without_box = sum(line.box is None for form in forms for line in form.lines)
    num_erased = sum(len(usable_lines(form)) for form in forms) - len(lines)
    print(
        f"{split}: {len(lines):,} lines of {len(forms):,} forms, {num_too_wide} of them drawn smaller to fit; "
        f"left out: {num_err} with a doubtful box, {num_without_box} without a box, {num_erased} whose ink is not in "
        "their box"
    )


def crops_of(iam: IAM, forms: Iterable[Form]) -> Iterator[tuple[Line, np.ndarray, int]]:
    """Yield each usable line whose box shows ink, (H, W), white on black, and the brightness of the paper."""
    for form in forms:
        page = 255 - iam.image(form.id)
        paper, ink = paper_of(page), ink_of(page)
        for line in usable_lines(form):
            assert line.region is not None
            assert line.box is not None
            try:
                image = crop(page, line.region, paper)
            except ValueError as error:
                raise UserError(f"{iam.filename}: line {line.id}: {error}") from None
            if is_shown(ink, line.box):
                yield line, image, paper


def _labels_of(line: Line, filename: Path) -> list[int]:
    try:
        return encode(line.text, OUTPUT_LENGTH, with_start_end_tokens=True)
    except ValueError as error:
        raise UserError(f"{filename}: line {line.id}: {error}") from None


if __name__ == "__main__":
    look_at(IAMLines)
