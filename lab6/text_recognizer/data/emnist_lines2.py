"""Lines of EMNIST's characters on the canvas of IAM's lines, to train on before real handwriting.

Letters in this file: N lines, S labels in a row.
"""

from typing import Any

import numpy as np
from torch.utils.data import Dataset

from text_recognizer.data.drawing.augmented import AugmentedDataset
from text_recognizer.data.emnist import IMAGE_SIZE, whose_characters
from text_recognizer.data.emnist_lines import GLYPH_WIDTH, EMNISTLines, Glyphs, draw_line
from text_recognizer.data.iam_lines import IMAGE_HEIGHT, IMAGE_WIDTH, LEFT_MARGIN, OUTPUT_LENGTH
from text_recognizer.data.sentence_generator import SentenceGenerator
from text_recognizer.data.show.look import look_at
from text_recognizer.data.storage.progress import progress
from text_recognizer.images.augment import Augment
from text_recognizer.paths import PROCESSED_DIRNAME
from text_recognizer.util import UserError
from text_recognizer.vocabulary import encode

TOP = (IMAGE_HEIGHT - IMAGE_SIZE[0]) // 2  # the row of characters stands in the middle
VERSION = 1  # raise it when the way lines are put on the canvas changes


class EMNISTLines2(EMNISTLines):
    """Lines of EMNIST characters as in `EMNISTLines`, with the canvas and the labels of `IAMLines`.

    The canvas is 56 x 1024; a row has 89 labels, and <S> and <E> stand around each text.

    Parameters
    ----------
    augment
        Change training images at random, anew in each epoch.
    max_length
        Most characters in a line, counting <S> and <E>.
    min_overlap
        Least share of a character's width that the next one covers.
    max_overlap
        Largest such share; each line draws its own.
    """

    def __init__(
        self,
        augment: bool = True,
        max_length: int = 43,
        min_overlap: float = 0.2,
        max_overlap: float = 0.5,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            max_length=max_length,
            min_overlap=min_overlap,
            max_overlap=max_overlap,
            with_start_end_tokens=True,
            **kwargs,
        )
        self.augment = augment
        self.input_dims = (1, IMAGE_HEIGHT, IMAGE_WIDTH)
        self.output_dims = (OUTPUT_LENGTH,)
        self._check_fit(min_overlap)
        settings = [max_length, min_overlap, max_overlap, *self.nums.values(), f"v{VERSION}"]
        self.filename = PROCESSED_DIRNAME / "emnist_lines2" / f"lines_{'_'.join(map(str, settings))}.h5"
        self.source = f"lines of {whose_characters()} characters, in {self.filename}"

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return the prepared lines; images are read when they are taken."""
        train, val, test = super().load_splits()
        if self.augment and not self.validates_on_train:  # --overfit_batches needs the same images in each epoch
            augment = Augment.for_lines(line_height=IMAGE_SIZE[0])
            train = AugmentedDataset(self.filename, "train", augment)
        return train, val, test

    def _check_fit(self, min_overlap: float) -> None:
        num_characters = self.max_length - 2
        step = GLYPH_WIDTH - int(min_overlap * GLYPH_WIDTH)
        width = LEFT_MARGIN + step * (num_characters - 1) + GLYPH_WIDTH
        if width > IMAGE_WIDTH or self.max_length > OUTPUT_LENGTH:
            raise UserError(
                f"--max_length={self.max_length} --min_overlap={min_overlap}: lines can be {width} pixels wide and "
                f"have {self.max_length} labels: expected {IMAGE_WIDTH} and {OUTPUT_LENGTH} at most"
            )

    def _make_lines(
        self, split: str, glyphs: Glyphs, sentences: SentenceGenerator, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return (N, 56, 1024) uint8 images and (N, 89) uint8 labels."""
        num = self.nums[split]
        images = np.zeros((num, IMAGE_HEIGHT, IMAGE_WIDTH), dtype=np.uint8)
        labels = np.zeros((num, OUTPUT_LENGTH), dtype=np.uint8)
        with progress(range(num), f"Writing {num:,} {split} lines") as shown:
            for i in shown:
                text = sentences.generate(self.max_length - 2, rng)
                overlap = float(rng.uniform(*self.overlaps))
                line = draw_line(text, glyphs, IMAGE_WIDTH - LEFT_MARGIN, overlap, rng)
                images[i, TOP : TOP + IMAGE_SIZE[0], LEFT_MARGIN:] = line
                labels[i] = encode(text, OUTPUT_LENGTH, with_start_end_tokens=True)
        return images, labels


if __name__ == "__main__":
    look_at(EMNISTLines2)
