"""Paragraphs of your own handwriting, photographed and labelled by you.

Letters in this file: H W image.
"""

from pathlib import Path

import numpy as np

from text_recognizer.data.own_handwriting import (
    OwnHandwriting,
    find_version,
    read_picture,
    read_rows,
    split_rows,
    write_split,
)
from text_recognizer.data.paragraphs.canvas import (
    IMAGE_HEIGHT,
    IMAGE_WIDTH,
    NEWLINE,
    OUTPUT_LENGTH,
    PARAGRAPH_MAPPING,
    encode_paragraph,
    fit_to_canvas,
)
from text_recognizer.data.show.look_pages import look_at_pages
from text_recognizer.data.storage.manifest import read_manifest
from text_recognizer.data.storage.prepared import fingerprint, is_current, write_prepared
from text_recognizer.images.augment import Augment
from text_recognizer.images.regions import paper_of
from text_recognizer.paths import PROCESSED_DIRNAME

PREPARED_FILENAME = PROCESSED_DIRNAME / "own_handwriting" / "paragraphs.h5"
LINE_DISTANCE = 44  # pixels of the canvas from one line to the next: the median of IAM's paragraphs
SETTINGS = {"canvas": [IMAGE_HEIGHT, IMAGE_WIDTH], "line_distance": LINE_DISTANCE, "version": 1}


class OwnHandwritingParagraphs(OwnHandwriting):
    """Paragraphs that you labelled yourself, in the format of `IAMParagraphs`.

    They are the regions with the label Paragraph, cut out by `python -m text_recognizer.data.own_handwriting import`
    and scaled to the line distance of IAM's paragraphs. The splits are those of `OwnHandwriting`.
    """

    input_dims = (1, IMAGE_HEIGHT, IMAGE_WIDTH)
    output_dims = (OUTPUT_LENGTH,)
    mapping = PARAGRAPH_MAPPING

    @property
    def prepared_filename(self) -> Path:
        """The prepared file."""
        return PREPARED_FILENAME

    def prepare_data(self) -> None:
        """Scale the paragraphs to the canvas, unless the prepared file is current."""
        prepare_own_paragraphs(find_version(self.own_version))

    def augmentation(self) -> Augment:
        """Return the augmentation of training images."""
        return Augment.for_pages()


def prepare_own_paragraphs(dirname: Path) -> None:
    """Write the prepared file unless it is current."""
    made_from = fingerprint(source=read_manifest(dirname).version, **SETTINGS)
    if is_current(PREPARED_FILENAME, made_from):
        return
    with write_prepared(PREPARED_FILENAME, made_from) as file:
        for split, rows in split_rows(read_rows(dirname, "paragraph")).items():
            images = [canvas_of(read_picture(dirname, row), row.text.count(NEWLINE) + 1) for row in rows]
            write_split(file, split, rows, images, [encode_paragraph(row.text) for row in rows])


def canvas_of(image: np.ndarray, num_lines: int) -> np.ndarray:
    """Lay a paragraph (H, W), white ink on black, on the canvas with IAM's line distance: (576, 640)."""
    return fit_to_canvas(image, paper_of(image), LINE_DISTANCE * num_lines / image.shape[0])


if __name__ == "__main__":
    look_at_pages(OwnHandwritingParagraphs)
