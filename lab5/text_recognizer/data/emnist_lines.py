"""Lines of handwriting put together from EMNIST's characters.

Letters in this file: N lines, S labels in a row.
"""

import json
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.emnist import (
    EMNIST,
    IMAGE_SIZE,
    download_emnist,
    emnist_is_stand_in,
    prepare_emnist,
    whose_characters,
)
from text_recognizer.data.sentence_generator import (
    BLOCKED_FILENAME,
    BROWN_FILENAME,
    SentenceGenerator,
    download_brown,
    load_words,
    split_words,
    text_source,
)
from text_recognizer.data.show.look import look_at
from text_recognizer.data.storage.prepared import (
    PreparedDataset,
    fingerprint,
    is_current,
    made_from_of,
    write_images,
    write_prepared,
)
from text_recognizer.data.storage.progress import progress
from text_recognizer.data.util import to_image_tensor
from text_recognizer.paths import PROCESSED_DIRNAME
from text_recognizer.util import UserError
from text_recognizer.vocabulary import MAPPING, encode

SEED = 42
GLYPH_WIDTH = IMAGE_SIZE[1]
VERSION = 2  # raise it when the way lines are made changes, so that old prepared files are made again
Glyphs = dict[str, np.ndarray]


class EMNISTLines(BaseDataModule):
    """Lines of EMNIST characters that overlap, with words from `SentenceGenerator`.

    Training, validation and test lines take their characters from EMNIST's training, validation and test images, and
    their words from different parts of the text, so that no split shows an image or a sentence of another.

    Parameters
    ----------
    max_length
        Most labels in a row; a line is 28 times as many pixels wide.
    min_overlap
        Least share of a character's width that the next one covers.
    max_overlap
        Largest such share; each line draws its own.
    num_train
        Number of training lines.
    num_val
        Number of validation lines.
    num_test
        Number of test lines.
    with_start_end_tokens
        Put <S> before and <E> after each row of labels.
    """

    mapping = MAPPING

    def __init__(
        self,
        max_length: int = 32,
        min_overlap: float = 0.0,
        max_overlap: float = 0.33,
        num_train: int = 10_000,
        num_val: int = 2_000,
        num_test: int = 2_000,
        with_start_end_tokens: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not 0 <= min_overlap <= max_overlap < 1:
            raise UserError(
                f"--min_overlap={min_overlap} --max_overlap={max_overlap}: expected 0 <= min_overlap <= max_overlap < 1"
            )
        if max_length < 8:
            raise UserError(f"--max_length={max_length}: expected 8 or more, so that words fit")
        self.max_length = max_length
        self.overlaps = (min_overlap, max_overlap)
        self.nums = {"train": num_train, "val": num_val, "test": num_test}
        if min(self.nums.values()) < 1:
            raise UserError(
                f"--num_train={num_train} --num_val={num_val} --num_test={num_test}: expected 1 or more each"
            )
        self.with_start_end_tokens = with_start_end_tokens
        self.input_dims = (1, IMAGE_SIZE[0], GLYPH_WIDTH * max_length)
        self.output_dims = (max_length,)
        settings = [max_length, min_overlap, max_overlap, *self.nums.values(), int(with_start_end_tokens)]
        self.filename = PROCESSED_DIRNAME / "emnist_lines" / f"lines_{'_'.join(map(str, settings))}.h5"
        self.source = f"lines of {whose_characters()} characters, in {self.filename}"

    @property
    def is_stand_in(self) -> bool:
        """Whether EMNIST is a stand-in."""
        return emnist_is_stand_in()

    def download(self) -> None:
        """Download EMNIST and the Brown corpus unless they are there."""
        download_emnist()
        download_brown()

    def prepare_data(self) -> None:
        """Make the lines unless they are there."""
        emnist_made_from = prepare_emnist()
        if text_source() == BROWN_FILENAME:
            download_brown()  # it is there: this prints its hash, or finds that it is a web page
        made_from = fingerprint(emnist=emnist_made_from, text=text_source(), blocked=BLOCKED_FILENAME, version=VERSION)
        if is_current(self.filename, made_from):
            return
        characters = EMNIST()
        characters.setup()
        datasets = {"train": characters.data_train, "val": characters.data_val, "test": characters.data_test}
        words = split_words(load_words())
        with write_prepared(self.filename, made_from) as file:
            for i, (split, dataset) in enumerate(datasets.items()):
                rng = np.random.default_rng([SEED, i])
                images, labels = self._make_lines(split, glyphs_of(dataset), SentenceGenerator(words[split]), rng)
                write_images(file, f"x_{split}", images)
                file.create_dataset(f"y_{split}", data=labels)

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return the prepared lines; images are read when they are taken."""
        if made_from := made_from_of(self.filename):
            text_filename, _ = json.loads(made_from)["text"]
            self.source = (
                f"lines of {whose_characters()} characters with words from {text_filename}, in {self.filename}"
            )
        train, val, test = (PreparedDataset(self.filename, split, to_image_tensor) for split in self.nums)
        return train, val, test

    def _make_lines(
        self, split: str, glyphs: Glyphs, sentences: SentenceGenerator, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return (N, 28, 28 max_length) uint8 images and (N, max_length) uint8 labels."""
        num = self.nums[split]
        images = np.zeros((num, *self.input_dims[1:]), dtype=np.uint8)
        labels = np.zeros((num, self.max_length), dtype=np.uint8)
        max_characters = self.max_length - 2 * self.with_start_end_tokens
        with progress(range(num), f"Writing {num:,} {split} lines") as shown:
            for i in shown:
                text = sentences.generate(max_characters, rng)
                images[i] = draw_line(text, glyphs, self.input_dims[2], float(rng.uniform(*self.overlaps)), rng)
                labels[i] = encode(text, self.max_length, self.with_start_end_tokens)
        return images, labels


def glyphs_of(dataset: Any) -> Glyphs:
    """Sort the images of an EMNIST split, whole or a Subset, by character: {character: (N, 28, 28) uint8}."""
    whole, indices = getattr(dataset, "dataset", dataset), getattr(dataset, "indices", slice(None))
    images, labels = whole.data[indices].numpy(), whole.targets[indices].numpy()
    return {MAPPING[label]: images[labels == label] for label in np.unique(labels)}


def draw_line(text: str, glyphs: Glyphs, width: int, overlap: float, rng: np.random.Generator) -> np.ndarray:
    """Draw a text with random images of its characters, which overlap by a share of their width: (28, width) uint8.

    Where two characters overlap, their ink is added and clipped at white: in eight bits, 200 + 100 would be 44.
    """
    missing = sorted(set(text) - glyphs.keys() - {" "})
    if missing:
        raise UserError(f"EMNIST's prepared images have none of {' '.join(missing)}: expected all of its 62 classes")
    line = np.zeros((IMAGE_SIZE[0], width), dtype=np.uint16)
    step = GLYPH_WIDTH - int(overlap * GLYPH_WIDTH)
    for i, character in enumerate(text):
        if character != " ":
            candidates = glyphs[character]
            line[:, i * step : i * step + GLYPH_WIDTH] += candidates[rng.integers(len(candidates))]
    return line.clip(0, 255).astype(np.uint8)


if __name__ == "__main__":
    look_at(EMNISTLines)
