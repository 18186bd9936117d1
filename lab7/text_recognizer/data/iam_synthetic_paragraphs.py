"""Synthetic paragraphs, composed of lines of IAM's training paragraphs, different ones in each epoch.

IAM is for non-commercial research only: never publish its images.

Letters in this file: H W image, S labels in a row.
"""

from typing import Any, ClassVar

import numpy as np
import torch
from torch.utils.data import Dataset

from text_recognizer.data.drawing.augmented import Augmentation
from text_recognizer.data.drawing.on_demand import Example, OnDemandDataset
from text_recognizer.data.iam_paragraphs import PREPARED_FILENAME, IAMParagraphs
from text_recognizer.data.paragraphs.canvas import encode_paragraph, fit_to_canvas
from text_recognizer.data.paragraphs.page_layout import Page, PageLayout
from text_recognizer.data.paragraphs.stored_lines import StoredLines
from text_recognizer.data.show.look_pages import look_at_pages
from text_recognizer.data.util import to_image_tensor
from text_recognizer.images.constants import WHITE
from text_recognizer.images.regions import lay_ink
from text_recognizer.util import UserError
from text_recognizer.vocabulary import NEWLINE

STREAM = 1  # keeps the random numbers of synthetic pages apart from those that augment real ones


class SyntheticPages(OnDemandDataset):
    """Synthetic pages, composed on demand.

    Parameters
    ----------
    lines
        The lines that pages are composed of.
    layout
        Draws the lines of a page and their places.
    augment
        Augments an image (H, W) uint8 with a generator.
    num, moves_on
        See `OnDemandDataset`.
    """

    stream: ClassVar = (STREAM,)

    def __init__(
        self, lines: StoredLines, layout: PageLayout, augment: Augmentation | None, num: int, moves_on: bool = True
    ) -> None:
        super().__init__(num, moves_on=moves_on)
        self.lines = lines
        self.layout = layout
        self.augment = augment

    def make(self, index: int, rng: np.random.Generator) -> Example:
        """Compose a page and augment it."""
        page = self.layout.draw(rng)
        image = self.draw(page)
        if self.augment is not None:
            image = self.augment(image, rng)
        return to_image_tensor(torch.from_numpy(image)), torch.tensor(encode_paragraph(self.text_of(page)))

    def text_of(self, page: Page) -> str:
        """Return the text of a page."""
        return NEWLINE.join(self.lines.texts[line] for line in page.lines)

    def draw(self, page: Page) -> np.ndarray:
        """Draw a page on the canvas: (576, 640) uint8, white ink on black. Overlapping lines take the maximum."""
        image = np.zeros(page.shape, dtype=np.uint8)
        for line, (x, y) in zip(page.lines, page.corners, strict=True):
            lay_ink(image, self.lines.image(line), x, y)
        return _on_paper(fit_to_canvas(image, paper=0), int(self.lines.places["paper"][page.lines[0]]))


class IAMSyntheticParagraphs(IAMParagraphs):
    """Training paragraphs composed of lines of IAM's training forms; validation and test are those of `IAMParagraphs`.

    Each is composed on demand, another in each epoch, and the same in runs with the same seed. Non-commercial research
    only.

    Parameters
    ----------
    augment
        Augment training images, differently in each epoch; validation and test images are only scaled.
    num_synthetic
        Number of synthetic paragraphs in an epoch.
    min_lines
        Fewest lines of a synthetic paragraph; use short paragraphs at first if a model does not start to learn.
    max_lines
        Most lines of a synthetic paragraph; each number is equally likely. Most real paragraphs have 6 to 11.
    mixed_hands
        Share of synthetic paragraphs that mix hands line by line; the others are in one hand as far as possible.
    """

    training_pages = "composed of lines of them"

    def __init__(
        self,
        augment: bool = True,
        num_synthetic: int = 5_000,
        min_lines: int = 5,
        max_lines: int = 12,
        mixed_hands: float = 0.1,
        **kwargs: Any,
    ) -> None:
        super().__init__(augment=augment, **kwargs)
        if num_synthetic < 1:
            raise UserError(f"--num_synthetic={num_synthetic}: expected 1 or more")
        if not 1 <= min_lines <= max_lines:
            raise UserError(f"--min_lines={min_lines} --max_lines={max_lines}: expected 1 <= min_lines <= max_lines")
        if not 0 <= mixed_hands <= 1:
            raise UserError(f"--mixed_hands={mixed_hands}: expected a share from 0 to 1")
        self.num_synthetic = num_synthetic
        self.nums_lines = (min_lines, max_lines)
        self.mixed_hands = mixed_hands

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return synthetic training pages, and real validation and test pages."""
        real, val, test = super().load_splits()
        self.source = f"training: {self.training_pages}; {self.source}"
        return self.training_set(real), val, test

    def training_set(self, real: Dataset) -> Dataset:
        """Choose the training set from the real training pages and synthetic ones."""
        return self.synthetic_pages()

    def synthetic_pages(self) -> SyntheticPages:
        """Return the synthetic pages."""
        lines = StoredLines(PREPARED_FILENAME)
        layout = PageLayout(lines.places, lines.texts, *self.nums_lines, self.mixed_hands)
        moves_on = not self.validates_on_train
        pages = SyntheticPages(lines, layout, self.augmentation(), self.num_synthetic, moves_on)
        pages[0]  # raises an error now, and not during training, if no page fits
        return pages


def _on_paper(image: np.ndarray, paper: int) -> np.ndarray:
    """Put paper of a brightness behind the ink (H, W)."""
    if paper == 0:
        return image
    return (paper + image * ((WHITE - paper) / WHITE)).round().astype(np.uint8)


if __name__ == "__main__":
    look_at_pages(IAMSyntheticParagraphs)
