"""Real and synthetic paragraphs of IAM to train on together.

IAM is for non-commercial research only: never publish its images.
"""

from typing import Any

import torch
from torch.utils.data import ConcatDataset, Dataset

from text_recognizer.data.iam_paragraphs import IAMParagraphs
from text_recognizer.data.iam_synthetic_paragraphs import IAMSyntheticParagraphs
from text_recognizer.data.look_pages import look_at_pages


class JoinedDataset(ConcatDataset):
    """Data sets one behind the other, whose epochs are one: those that change from epoch to epoch change together."""

    def __init__(self, datasets: list[Any]) -> None:
        super().__init__(datasets)
        self.epoch = torch.zeros((), dtype=torch.int64).share_memory_()
        for dataset in datasets:
            if hasattr(dataset, "epoch"):
                dataset.epoch = self.epoch


class IAMOriginalAndSyntheticParagraphs(IAMSyntheticParagraphs):
    """Training paragraphs of `IAMParagraphs` and of `IAMSyntheticParagraphs` together; the others are real.

    Non-commercial research only.
    """

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return real and synthetic pages to train on, and real ones to validate and test on."""
        real, val, test = IAMParagraphs.load_splits(self)
        self.source = f"training: these, and others put together from lines of them; {self.source}"
        return JoinedDataset([real, self.synthetic_pages()]), val, test


if __name__ == "__main__":
    look_at_pages(IAMOriginalAndSyntheticParagraphs)
