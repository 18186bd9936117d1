"""A fixed subset of IAM's training lines, to study learning from few labels."""

from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset, Subset

from text_recognizer.data.drawing.on_demand import Example, OnDemandDataset
from text_recognizer.data.tokenized import IAMLines
from text_recognizer.util import UserError

SEED = 42


class FewIAMLines(IAMLines):
    """IAMLines with fewer training lines; smaller subsets are contained in larger ones.

    Parameters
    ----------
    num_iam_lines
        Number of training lines; all if there are fewer.
    """

    def __init__(self, num_iam_lines: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if num_iam_lines < 1:
            raise UserError(f"--num_iam_lines={num_iam_lines}: expected 1 or more")
        self.num_iam_lines = num_iam_lines

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return the subset of training lines, and all validation and test lines."""
        train, val, test = super().load_splits()
        num = len(train)  # type: ignore[arg-type]
        chosen = np.random.default_rng(SEED).permutation(num)[: self.num_iam_lines].tolist()
        self.source = f"{len(chosen):,} of {num:,} training {self.source}"
        return Chosen(train, chosen) if isinstance(train, OnDemandDataset) else Subset(train, chosen), val, test


class Chosen(OnDemandDataset):
    """A subset of a data set that makes its examples on demand.

    Parameters
    ----------
    whole
        The data set.
    indices
        The indices of the subset.
    """

    def __init__(self, whole: OnDemandDataset, indices: list[int]) -> None:
        super().__init__(len(indices), whole.seed, whole.moves_on)
        self.whole = whole
        self.indices = indices
        self.targets = torch.stack([whole.targets[i] for i in indices])  # type: ignore[attr-defined]

    def make(self, index: int, rng: np.random.Generator) -> Example:
        """Return an example of the whole data set."""
        return self.whole.make(self.indices[index], rng)
