"""Paragraphs of real handwriting, cut from the forms of IAM.

IAM is for non-commercial research only: never publish its images.

Letters in this file: N paragraphs, L lines, H W image, S labels in a row.
"""

from typing import Any

import h5py
import numpy as np
from torch.utils.data import Dataset

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.drawing.augmented import AugmentedDataset
from text_recognizer.data.iam import IAM, TASK_FILES, find_iam, has_iam, iam_is_stand_in
from text_recognizer.data.paragraphs.canvas import (
    EDGE,
    IMAGE_HEIGHT,
    IMAGE_WIDTH,
    OUTPUT_LENGTH,
    PARAGRAPH_MAPPING,
    SCAN_PIXELS,
    canvas_scale,
    encode_paragraph,
    fit_to_canvas,
)
from text_recognizer.data.paragraphs.paragraph_lines import whole_strokes
from text_recognizer.data.paragraphs.stored_lines import write_lines
from text_recognizer.data.show.look_pages import look_at_pages
from text_recognizer.data.storage.iam_forms import Form
from text_recognizer.data.storage.prepared import (
    PreparedDataset,
    fingerprint,
    made_from_of,
    open_prepared,
    outlives_source,
    write_prepared,
)
from text_recognizer.data.storage.progress import progress
from text_recognizer.data.util import to_image_tensor
from text_recognizer.images.augment import Augment
from text_recognizer.images.constants import Box
from text_recognizer.images.regions import crop, ink_of, is_shown, paper_of
from text_recognizer.paths import PROCESSED_DIRNAME
from text_recognizer.util import UserError
from text_recognizer.vocabulary import NEWLINE

PREPARED_FILENAME = PROCESSED_DIRNAME / "iam_paragraphs" / "paragraphs.h5"
# The settings that, with IAM itself, determine the prepared file. Raise the version when the code prepares other data.
SETTINGS = {"canvas": [IMAGE_HEIGHT, IMAGE_WIDTH], "scan_pixels": SCAN_PIXELS, "version": 1}
REACH = 32  # pixels of the canvas, most of a line's height: the furthest that strokes reach beyond a form's boxes


class IAMParagraphs(BaseDataModule):
    """Paragraphs of the IAM Handwriting Database (Marti and Bunke 2002), for non-commercial research only.

    A paragraph is all the handwriting of one form, at half the size of the labs' images (75 pixels per inch) on a
    canvas of 576 x 640. Its text is that of its lines, joined by newlines. It needs `iamdb.zip` in
    `data/downloaded/iam`, which each user gets from IAM's authors, and prepares
    `data/processed/iam_paragraphs/paragraphs.h5`. The splits are by form, from the task lists in the zip file.

    Parameters
    ----------
    augment
        Augment training images, differently in each epoch; validation and test images are only scaled.
    """

    input_dims = (1, IMAGE_HEIGHT, IMAGE_WIDTH)
    output_dims = (OUTPUT_LENGTH,)
    mapping = PARAGRAPH_MAPPING

    def __init__(self, augment: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.augment = augment
        self.source = f"paragraphs of IAM, in {PREPARED_FILENAME}"

    @property
    def is_stand_in(self) -> bool:
        """Whether IAM, or the file prepared from it, is a stand-in."""
        return iam_is_stand_in(PREPARED_FILENAME)

    def download(self) -> None:
        """Find the user's iamdb.zip: nothing is downloaded."""
        find_iam()

    def prepare_data(self) -> None:
        """Cut out the paragraphs, and the lines of training paragraphs, unless the prepared file is current."""
        prepare_iam_paragraphs()

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return the prepared paragraphs; an image is read when its example is requested."""
        with open_prepared(PREPARED_FILENAME) as file:
            self.source = f"paragraphs of the {file.attrs['name']}, in {PREPARED_FILENAME}"
        train, val, test = (PreparedDataset(PREPARED_FILENAME, split, to_image_tensor) for split in TASK_FILES)
        if augment := self.augmentation():
            return AugmentedDataset(PREPARED_FILENAME, "train", augment), val, test
        return train, val, test

    def augmentation(self) -> Augment | None:
        """Return the augmentation of training images, if there is any."""
        # A batch that is to be memorised is not augmented.
        return Augment.for_pages() if self.augment and not self.validates_on_train else None


def prepare_iam_paragraphs() -> None:
    """Write the prepared file unless it is current; print the licence and the forms that are left out."""
    stored = made_from_of(PREPARED_FILENAME)
    if not has_iam() and outlives_source(stored, **SETTINGS):
        return  # IAM was deleted since; the prepared file serves
    iam = IAM()
    made_from = fingerprint(source=iam.fingerprint(), **SETTINGS)
    if stored == made_from:
        return
    print(f"{iam}\n{iam.licence}.")
    forms = {split: [iam.form(form_id) for form_id in form_ids] for split, form_ids in iam.splits.items()}
    with write_prepared(PREPARED_FILENAME, made_from) as file:
        file.attrs["name"] = iam.name
        for split in forms:
            _write_split(file, split, iam, forms[split])
        write_lines(file, iam, forms["train"])


def _write_split(file: h5py.File, split: str, iam: IAM, forms: list[Form]) -> None:
    """Write the paragraphs of a split, without incomplete ones."""
    shape = (len(forms), IMAGE_HEIGHT, IMAGE_WIDTH)
    scale = canvas_scale(iam.scale)
    chunks = (1, *shape[1:])
    images = file.create_dataset(f"x_{split}", shape, np.uint8, chunks=chunks, maxshape=shape, compression="lzf")
    whole: list[Form] = []
    num_too_large = 0
    with progress(forms, f"Cutting out {split} paragraphs") as shown:
        for form in shown:
            page = 255 - iam.image(form.id)
            if is_whole(form, page):
                image = _crop(iam, form, page)
                images[len(whole)] = fit_to_canvas(image, paper_of(page), scale)
                num_too_large += bool((np.array(image.shape) * scale > shape[1:]).any())
                whole.append(form)
    left_out = [form.id for form in forms if form not in whole]
    if not whole:
        raise UserError(f"{iam.filename}: each of the {len(forms)} {split} forms has a line whose place is unknown")
    images.resize(len(whole), axis=0)
    labels = [_labels_of(form, iam) for form in whole]
    file.create_dataset(f"y_{split}", data=np.array(labels, dtype=np.uint8))
    file.create_dataset(f"id_{split}", data=[form.id for form in whole])
    print(
        f"{split}: {len(whole):,} paragraphs, {num_too_large} of them drawn smaller to fit; left out: {len(left_out)} "
        f"with a line that has no box or whose ink is not in its box{': ' if left_out else ''}{', '.join(left_out)}"
    )


def is_whole(form: Form, page: np.ndarray) -> bool:
    """Tell whether a page (H, W), white ink on black, certainly shows its whole text."""
    ink = ink_of(page)
    return all(line.box and (line.is_err or is_shown(ink, line.box)) for line in form.lines)


def _crop(iam: IAM, form: Form, page: np.ndarray) -> np.ndarray:
    """Crop the handwriting of a form from its page: (H, W)."""
    scale = canvas_scale(iam.scale)
    region = whole_strokes(ink_of(page), region_of(form, round(EDGE / scale)), round(REACH / scale))
    try:
        return crop(page, region, paper_of(page))
    except ValueError as error:
        raise UserError(f"{iam.filename}: form {form.id}: {error}") from None


def region_of(form: Form, padding: int) -> Box:
    """Return the region of all lines' boxes of a form, with `padding` pixels of paper around them."""
    left, top, right, bottom = zip(*(line.box for line in form.lines if line.box), strict=True)
    return min(left) - padding, min(top) - padding, max(right) + padding, max(bottom) + padding


def _labels_of(form: Form, iam: IAM) -> list[int]:
    try:
        return encode_paragraph(NEWLINE.join(line.text for line in form.lines))
    except ValueError as error:
        raise UserError(f"{iam.filename}: form {form.id}: {error}") from None


if __name__ == "__main__":
    look_at_pages(IAMParagraphs)
