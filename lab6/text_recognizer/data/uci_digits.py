"""1,797 real handwritten digits that come with scikit-learn: something to train on without any download.

Letters in this file: N images.
"""

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import Dataset

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.look import look_at
from text_recognizer.data.util import BaseDataset, split_dataset, to_image_tensor

SPLIT_SEED = 42
TRAIN_FRACTION, VAL_FRACTION_OF_REST = 0.7, 0.4


class UCIDigits(BaseDataModule):
    """Digits of 8 x 8 pixels, written by 43 people, scaled to MNIST's 28 x 28: few and coarse, but real.

    Source: E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998;
    scikit-learn bundles the test part.
    """

    input_dims = (1, 28, 28)
    output_dims = (1,)
    mapping = tuple("0123456789")
    source = "UCI handwritten digits, 8 x 8 pixels scaled to 28 x 28, bundled with scikit-learn"

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return 70 % of the digits for training, 12 % for validation and 18 % for the test."""
        digits = load_digits()
        images = _scale(torch.from_numpy(digits.images))
        labels = torch.from_numpy(digits.target.astype(np.int64))
        train, rest = split_dataset(BaseDataset(images, labels, to_image_tensor), TRAIN_FRACTION, SPLIT_SEED)
        val, test = split_dataset(rest, VAL_FRACTION_OF_REST, SPLIT_SEED)
        return train, val, test


def _scale(images: torch.Tensor) -> torch.Tensor:
    """Scale (N, 8, 8) values in 0..16 to (N, 28, 28) uint8: 20 x 20 pixels within a margin of 4, as in MNIST."""
    scaled = F.interpolate(images[:, None].float() * (255 / 16), size=(20, 20), mode="bilinear", align_corners=False)
    return F.pad(scaled, (4, 4, 4, 4)).squeeze(1).round().to(torch.uint8)


if __name__ == "__main__":
    look_at(UCIDigits)
