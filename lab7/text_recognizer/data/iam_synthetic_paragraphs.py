"""Paragraphs put together from the lines of IAM's training paragraphs, other ones in each epoch.

IAM is for non-commercial research only: never publish its images.

Letters in this file: H W image, S labels in a row.
"""

from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from text_recognizer.data.augmented import Augmentation
from text_recognizer.data.iam_paragraphs import PREPARED_FILENAME, IAMParagraphs
from text_recognizer.data.look_pages import look_at_pages
from text_recognizer.data.page_layout import Page, PageLayout
from text_recognizer.data.paragraph_canvas import NEWLINE, encode_paragraph, fit_to_canvas
from text_recognizer.data.stored_lines import StoredLines
from text_recognizer.data.util import to_image_tensor
from text_recognizer.util import UserError

WHITE = 255
STREAM = 1  # sets the random numbers of synthetic pages apart from those that change real ones


class SyntheticPages(Dataset):
    """Pages drawn when they are taken, from the seed, the epoch and the index, and from nothing else.

    Parameters
    ----------
    lines
        The lines that pages are made of.
    layout
        Draws which lines, and where.
    num
        Number of pages in an epoch.
    seed
        The run's seed.
    augment
        Changes an image (H, W) uint8 with a generator.
    """

    def __init__(
        self, lines: StoredLines, layout: PageLayout, num: int, seed: int, augment: Augmentation | None = None
    ) -> None:
        self.lines = lines
        self.layout = layout
        self.num = num
        self.seed = seed
        self.augment = augment
        # Shared memory: workers that live on from epoch to epoch see it change.
        self.epoch = torch.zeros((), dtype=torch.int64).share_memory_()

    def __len__(self) -> int:
        return self.num

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        if not 0 <= index < self.num:
            raise IndexError(f"page {index} of {self.num}")
        rng = np.random.default_rng([self.seed, int(self.epoch), index, STREAM])
        page = self.layout.draw(rng)
        image = self.draw(page)
        if self.augment is not None:
            image = self.augment(image, rng)
        return to_image_tensor(torch.from_numpy(image)), torch.tensor(encode_paragraph(self.text_of(page)))

    def text_of(self, page: Page) -> str:
        """Return what a page says."""
        return NEWLINE.join(self.lines.texts[line] for line in page.lines)

    def draw(self, page: Page) -> np.ndarray:
        """Draw a page on the canvas: (576, 640) uint8, white ink on black. Where lines overlap, all ink stays."""
        image = np.zeros(page.shape, dtype=np.uint8)
        for line, (x, y) in zip(page.lines, page.corners, strict=True):
            ink = self.lines.image(line)
            part = image[y : y + ink.shape[0], x : x + ink.shape[1]]
            np.maximum(part, ink, out=part)
        return _on_paper(fit_to_canvas(image, paper=0), int(self.lines.places["paper"][page.lines[0]]))


class IAMSyntheticParagraphs(IAMParagraphs):
    """Training paragraphs put together from the lines of the training forms of IAM; the others are `IAMParagraphs`'.

    Each is drawn when it is taken, another in each epoch, the same in a run with the same seed. Non-commercial research
    only.

    Parameters
    ----------
    augment
        Change training images at random, anew in each epoch; validation and test images are only scaled.
    num_synthetic
        Number of synthetic paragraphs in an epoch.
    min_lines
        Fewest lines of a synthetic paragraph; start with few and short ones if a model does not begin to learn.
    max_lines
        Most lines of a synthetic paragraph; each number is equally likely. Most real paragraphs have 6 to 11.
    mixed_hands
        Share of synthetic paragraphs that mix hands line by line; the others are in one hand as far as its lines go.
    """

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
        """Return synthetic pages to train on, and real ones to validate and test on."""
        _, val, test = super().load_splits()
        self.source = f"training: put together from lines of them; {self.source}"
        return self.synthetic_pages(), val, test

    def synthetic_pages(self) -> SyntheticPages:
        """Return the pages to train on."""
        lines = StoredLines(PREPARED_FILENAME)
        layout = PageLayout(lines.places, lines.texts, *self.nums_lines, self.mixed_hands)
        pages = SyntheticPages(lines, layout, self.num_synthetic, torch.initial_seed(), self.augmentation())
        pages[0]  # complains now, not in the middle of training, where no page would fit
        return pages


def _on_paper(image: np.ndarray, paper: int) -> np.ndarray:
    """Put paper of this brightness behind the ink (H, W)."""
    if paper == 0:
        return image
    return (paper + image * ((WHITE - paper) / WHITE)).round().astype(np.uint8)


if __name__ == "__main__":
    look_at_pages(IAMSyntheticParagraphs)
