"""1,797 real handwritten digits that come with scikit-learn: something to train on without any download.

Letters in this file: N images.
"""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import Dataset, TensorDataset, random_split

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.show.look import look_at

SPLIT_SEED = 42
TRAIN_SIZES = [1257, 540]  # 70 % of all for training, and the rest
VAL_SIZES = [216, 324]  # of the rest: 12 % of all for validation, 18 % for the test


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
        dataset = TensorDataset(_scale(torch.from_numpy(digits.images)), torch.from_numpy(digits.target).long())
        train, rest = random_split(dataset, TRAIN_SIZES, torch.Generator().manual_seed(SPLIT_SEED))
        val, test = random_split(rest, VAL_SIZES, torch.Generator().manual_seed(SPLIT_SEED))
        return train, val, test


def _scale(images: torch.Tensor) -> torch.Tensor:
    """Scale (N, 8, 8) values in 0..16 to (N, 1, 28, 28) in [0, 1]: 20 x 20 pixels and a margin of 4, as in MNIST."""
    scaled = F.interpolate(images[:, None].float() / 16, size=(20, 20), mode="bilinear", align_corners=False)
    return F.pad(scaled, (4, 4, 4, 4))


if __name__ == "__main__":
    look_at(UCIDigits)
