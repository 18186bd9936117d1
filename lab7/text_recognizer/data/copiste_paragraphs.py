"""Paragraphs composed of lines of "Copiste d'un jour" (BAnQ, CC-BY 4.0): real handwriting that anyone may use.

Letters in this file: N lines in store, L lines of a page, H W image, S labels in a row.
"""

from functools import partial
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import cv2
import numpy as np
import torch
from torch.utils.data import Dataset

from text_recognizer.data.copiste_lines import PREPARED_FILENAME, CopisteLines, writer_of
from text_recognizer.data.drawing.augmented import Augmentation
from text_recognizer.data.drawing.drawn import TEST_SEED, VAL_SEED
from text_recognizer.data.drawing.on_demand import Example, OnDemandDataset
from text_recognizer.data.paragraphs.canvas import (
    EDGE,
    IMAGE_HEIGHT,
    IMAGE_WIDTH,
    OUTPUT_LENGTH,
    PARAGRAPH_MAPPING,
    encode_paragraph,
    scaled,
)
from text_recognizer.data.paragraphs.page_style import PageStyle, draw_style
from text_recognizer.data.show.look_pages import look_at_pages
from text_recognizer.data.storage.prepared import PreparedDataset, open_prepared
from text_recognizer.data.util import to_image_tensor
from text_recognizer.images.augment import Augment
from text_recognizer.images.constants import INK, WHITE
from text_recognizer.images.regions import ink_of, lay_ink
from text_recognizer.util import UserError
from text_recognizer.vocabulary import NEWLINE, decode

STREAM = 2  # keeps the random numbers of these pages apart from those of other pages
MAX_TRIES = 100
MIN_CHARACTERS = 10  # of a line: the width of shorter lines says little about the size of their letters
NARROWEST = 6.0  # pixels: the mean width of a character to which long lines are reduced at most


class CopisteParagraphs(CopisteLines):
    """Paragraphs composed of lines of Copiste (BAnQ, CC-BY 4.0), in the format of `IAMParagraphs`.

    Each page is in one hand; if a writer has too few lines, another continues. It needs the files of `CopisteLines`.
    Validation and test pages are composed of lines of that set's validation and test writers, and are always the same.

    Parameters
    ----------
    augment
        Augment training images, differently in each epoch; validation and test images are not augmented.
    num_train_pages
        Number of training pages in an epoch.
    num_held_out_pages
        Number of validation pages, and of test pages.
    min_lines
        Fewest lines of a page; use short pages at first if a model does not start to learn.
    max_lines
        Most lines of a page; each number is equally likely.
    """

    input_dims = (1, IMAGE_HEIGHT, IMAGE_WIDTH)
    output_dims = (OUTPUT_LENGTH,)
    mapping = PARAGRAPH_MAPPING

    def __init__(
        self,
        augment: bool = True,
        num_train_pages: int = 5_000,
        num_held_out_pages: int = 200,
        min_lines: int = 1,
        max_lines: int = 12,
        **kwargs: Any,
    ) -> None:
        super().__init__(augment=augment, **kwargs)
        if min(num_train_pages, num_held_out_pages) < 1:
            flags = f"--num_train_pages={num_train_pages} --num_held_out_pages={num_held_out_pages}"
            raise UserError(f"{flags}: expected 1 or more")
        if not 1 <= min_lines <= max_lines:
            raise UserError(f"--min_lines={min_lines} --max_lines={max_lines}: expected 1 <= min_lines <= max_lines")
        self.num_train_pages = num_train_pages
        self.num_held_out_pages = num_held_out_pages
        self.nums_lines = (min_lines, max_lines)
        self.source = f"composed of {self.source}"

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return data sets that compose each page on demand."""
        moves_on = not self.validates_on_train  # a batch that is to be memorised stays the same
        augment = Augment.for_pages() if self.augment and moves_on else None
        pages = partial(CopistePages, nums_lines=self.nums_lines)
        return (
            pages("train", num=self.num_train_pages, moves_on=moves_on, augment=augment),
            pages("val", num=self.num_held_out_pages, seed=VAL_SEED, moves_on=False),
            pages("test", num=self.num_held_out_pages, seed=TEST_SEED, moves_on=False),
        )


class CutLine(NamedTuple):
    """The ink of a line (H, W) uint8, cropped, and the row where it is densest."""

    ink: np.ndarray
    core: float


class CopistePages(OnDemandDataset):
    """Pages composed on demand.

    Parameters
    ----------
    split
        The split of the lines' writers: "train", "val" or "test".
    nums_lines
        Fewest and most lines of a page.
    num, seed, moves_on
        See `OnDemandDataset`.
    augment
        Augments an image (H, W) uint8 with a generator.
    """

    stream: ClassVar = (STREAM,)

    def __init__(
        self,
        split: str,
        nums_lines: tuple[int, int],
        num: int,
        seed: int | None = None,
        moves_on: bool = True,
        augment: Augmentation | None = None,
    ) -> None:
        super().__init__(num, seed, moves_on)
        self.lines = PreparedDataset(PREPARED_FILENAME, split, transform=torch.Tensor.numpy)
        self.texts = [decode(labels) for labels in self.lines.targets.tolist()]
        with open_prepared(PREPARED_FILENAME) as file:
            self.writers = [writer_of(Path(name.decode()).stem) for name in file[f"id_{split}"][:]]
        self.usable = [i for i, text in enumerate(self.texts) if len(text) >= MIN_CHARACTERS]
        if not self.usable:
            raise UserError(f"{PREPARED_FILENAME}: no {split} line has {MIN_CHARACTERS} characters")
        self.nums_lines = nums_lines
        self.augment = augment

    def make(self, index: int, rng: np.random.Generator) -> Example:
        """Compose a page and augment it."""
        image, lines = self._draw(rng)
        if self.augment is not None:
            image = self.augment(image, rng)
        labels = encode_paragraph(NEWLINE.join(self.texts[line] for line in lines))
        return to_image_tensor(torch.from_numpy(image)), torch.tensor(labels)

    def _draw(self, rng: np.random.Generator) -> tuple[np.ndarray, list[int]]:
        """Compose pages until one fits; return it (H, W) and the indices of its lines."""
        num = int(rng.integers(self.nums_lines[0], self.nums_lines[1] + 1))
        for _ in range(MAX_TRIES):
            lines = self._draw_lines(num, rng)
            style = draw_style(rng)
            if sum(len(self.texts[line]) + 1 for line in lines) - 1 > OUTPUT_LENGTH - 2:
                continue
            image = self._stack(lines, style, rng)
            if image is not None:
                return image, lines
        raise UserError(
            f"--max_lines={self.nums_lines[1]}: of {MAX_TRIES} pages of {num} lines none fits "
            f"{IMAGE_HEIGHT} x {IMAGE_WIDTH} pixels and {OUTPUT_LENGTH} labels: expected fewer lines"
        )

    def _draw_lines(self, num: int, rng: np.random.Generator) -> list[int]:
        """Draw lines of one writer in any order, and of another if there are too few."""
        lines: list[int] = []
        while len(lines) < num:
            writer = self.writers[
                self.usable[rng.integers(len(self.usable))]
            ]  # in proportion to the writer's number of lines
            lines += [i for i in rng.permutation(self.usable).tolist() if self.writers[i] == writer]
        return lines[:num]

    def _stack(self, lines: list[int], style: PageStyle, rng: np.random.Generator) -> np.ndarray | None:
        """Lay lines on the canvas in a style: (576, 640), white ink on black; None if they do not fit."""
        room = IMAGE_WIDTH - 2 * EDGE - style.corner[0] - style.margin_jitter
        width = min(style.character_width, room / max(len(self.texts[line]) for line in lines))
        if width < NARROWEST:
            return None
        cuts = [cut_line(self.lines[line][0], width * len(self.texts[line])) for line in lines]  # type: ignore[arg-type]
        x = style.margin_drift * np.arange(len(lines)) + rng.normal(0, style.margin_jitter, len(lines))
        gaps = style.pitch * np.maximum(0.6, rng.normal(1, style.pitch_jitter, len(lines)))
        y = np.cumsum(gaps) - [cut.core for cut in cuts]
        corners = np.round(np.stack([x - x.min(), y - y.min()], axis=1)).astype(int)  # (L, 2)
        size = (corners + [cut.ink.shape[::-1] for cut in cuts]).max(axis=0)
        spare = np.array([IMAGE_WIDTH, IMAGE_HEIGHT]) - EDGE - size
        if (spare < EDGE).any():
            return None
        corners += np.clip(np.array(style.corner).astype(int), EDGE, spare)
        return lay_on_canvas([cut.ink for cut in cuts], corners)


def lay_on_canvas(inks: list[np.ndarray], corners: np.ndarray) -> np.ndarray:
    """Lay pieces of ink (H, W) on the canvas (576, 640), their corners at (L, 2); overlaps take the maximum."""
    canvas = np.zeros((IMAGE_HEIGHT, IMAGE_WIDTH), np.uint8)
    for ink, (x, y) in zip(inks, corners.tolist(), strict=True):
        lay_ink(canvas, ink, x, y)
    return canvas


def cut_line(image: np.ndarray, width: float) -> CutLine:
    """Crop the ink of a line's canvas (56, 1024), white on black, and scale it to a width."""
    ink = ink_of(image)
    strokes = ink > INK
    x, y, w, h = cv2.boundingRect(strokes.astype(np.uint8))
    if w == 0:
        return CutLine(np.zeros((1, 1), np.uint8), 0.0)
    strength = WHITE / max(float(np.percentile(ink[strokes], 90)), 1)
    cut = scaled(cv2.convertScaleAbs(ink[y : y + h, x : x + w], alpha=strength), min(1.0, width / w))
    rows = cut.sum(axis=1, dtype=np.float64)
    return CutLine(cut, float(rows @ np.arange(len(rows)) / rows.sum()))


if __name__ == "__main__":
    look_at_pages(CopisteParagraphs)
