"""Some of IAM's training lines, always the same ones: what can be learned from few?"""

from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset, Subset

from text_recognizer.data.drawing.on_demand import Example, OnDemandDataset
from text_recognizer.data.tokenized import IAMLines
from text_recognizer.util import UserError

SEED = 42


class FewIAMLines(IAMLines):
    """IAMLines with fewer training lines; those of a smaller number are among those of a larger.

    Parameters
    ----------
    num_iam_lines
        So many of the training lines; all if there are no more.
    """

    def __init__(self, num_iam_lines: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if num_iam_lines < 1:
            raise UserError(f"--num_iam_lines={num_iam_lines}: expected 1 or more")
        self.num_iam_lines = num_iam_lines

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return some training lines, and all validation and test lines."""
        train, val, test = super().load_splits()
        num = len(train)  # type: ignore[arg-type]
        chosen = np.random.default_rng(SEED).permutation(num)[: self.num_iam_lines].tolist()
        self.source = f"{len(chosen):,} of {num:,} training {self.source}"
        return Chosen(train, chosen) if isinstance(train, OnDemandDataset) else Subset(train, chosen), val, test


class Chosen(OnDemandDataset):
    """Some examples of a data set that makes them when they are taken.

    Parameters
    ----------
    whole
        The data set.
    indices
        Which.
    """

    def __init__(self, whole: OnDemandDataset, indices: list[int]) -> None:
        super().__init__(len(indices), whole.seed, whole.moves_on)
        self.whole, self.indices = whole, indices
        self.targets = torch.stack([whole.targets[i] for i in indices])  # type: ignore[attr-defined]

    def make(self, index: int, rng: np.random.Generator) -> Example:
        """Return an example of the whole."""
        return self.whole.make(self.indices[index], rng)
