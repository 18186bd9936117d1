"""Real and synthetic paragraphs of IAM together.

IAM is for non-commercial research only: never publish its images.
"""

from torch.utils.data import ConcatDataset, Dataset

from text_recognizer.data.iam_synthetic_paragraphs import IAMSyntheticParagraphs
from text_recognizer.data.show.look_pages import look_at_pages


class IAMOriginalAndSyntheticParagraphs(IAMSyntheticParagraphs):
    """Training paragraphs of `IAMParagraphs` and `IAMSyntheticParagraphs` together; validation and test are real.

    Non-commercial research only.
    """

    training_pages = "these, and others composed of lines of them"

    def training_set(self, real: Dataset) -> Dataset:
        """Return the real training pages followed by the synthetic ones."""
        return ConcatDataset([real, self.synthetic_pages()])


if __name__ == "__main__":
    look_at_pages(IAMOriginalAndSyntheticParagraphs)
