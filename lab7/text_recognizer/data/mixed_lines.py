"""Lines drawn from several data sets by weight, synthetic and real ones for instance.

Letters in this file: B batch.
"""

from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from text_recognizer.data.augmented import with_epochs
from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.emnist_lines2 import EMNISTLines2
from text_recognizer.data.iam_lines import IAMLines
from text_recognizer.data.look import look_at
from text_recognizer.data.synthetic_lines import SyntheticLines
from text_recognizer.util import UserError

SOURCES: dict[str, type[BaseDataModule]] = {
    source.__name__: source for source in (SyntheticLines, IAMLines, EMNISTLines2)
}


class MixedLines(BaseDataModule):
    """Training lines from several data sets; validation and test lines are those of the set that is named first.

    Parameters
    ----------
    sources
        Data sets and how often each is drawn from: "SyntheticLines:0.7,IAMLines:0.3". The weights need not add up to 1.
    num_mixed_lines
        Number of training lines that count as an epoch.
    """

    def __init__(
        self, sources: str = "IAMLines:0.5,SyntheticLines:0.5", num_mixed_lines: int = 20_000, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if num_mixed_lines < 1:
            raise UserError(f"--num_mixed_lines={num_mixed_lines}: expected 1 or more")
        self.weights = parse_sources(sources)
        self.num_mixed_lines = num_mixed_lines
        self.modules = [SOURCES[name](batch_size=self.batch_size) for name in self.weights]
        first = self.modules[0]
        self.input_dims, self.output_dims, self.mapping = first.input_dims, first.output_dims, first.mapping
        self.source = sources

    @property
    def is_stand_in(self) -> bool:
        """Whether any of the sets is a stand-in."""
        return any(module.is_stand_in for module in self.modules)

    def download(self) -> None:
        """Download what each set needs."""
        for module in self.modules:
            module.download()

    def prepare_data(self) -> None:
        """Prepare each set."""
        for module in self.modules:
            module.prepare_data()

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return the mixed training lines, and the first set's validation and test lines."""
        for module in self.modules:
            module.validates_on_train = self.validates_on_train
            module.setup()
        parts = [module.data_train for module in self.modules]
        shares = " + ".join(f"{weight:.0%} {name}" for name, weight in self.weights.items())
        self.source = f"{shares}. {'; '.join(module.source for module in self.modules)}"
        weights = list(self.weights.values())
        train = MixedDataset(parts, weights, self.num_mixed_lines, torch.initial_seed(), not self.validates_on_train)
        assert self.modules[0].data_val is not None
        assert self.modules[0].data_test is not None
        return train, self.modules[0].data_val, self.modules[0].data_test

    def train_dataloader(self) -> DataLoader:
        """Return training batches, of other lines in each epoch."""
        return with_epochs(super().train_dataloader())


class MixedDataset(Dataset):
    """Examples of several data sets, each drawn at random by the sets' weights: the same for a seed, epoch and index.

    Parameters
    ----------
    parts
        The data sets.
    weights
        How often each is drawn from; they add up to 1.
    num
        Number of examples in an epoch.
    seed
        The run's seed.
    moves_on
        Draw other examples in each epoch.
    """

    def __init__(self, parts: list, weights: list[float], num: int, seed: int, moves_on: bool) -> None:
        self.parts = parts
        self.ends = np.cumsum(weights)
        self.num = num
        self.seed = seed
        self.moves_on = moves_on
        # Shared memory: workers that live on from epoch to epoch see it change. All parts go by the same number.
        self.epoch = torch.zeros((), dtype=torch.int64).share_memory_()
        for part in parts:
            if hasattr(part, "epoch"):
                part.epoch = self.epoch

    def __len__(self) -> int:
        return self.num

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        if not 0 <= index < self.num:
            raise IndexError(f"example {index} of {self.num}")
        rng = np.random.default_rng([self.seed, int(self.epoch) if self.moves_on else 0, index])
        part = self.parts[min(int(np.searchsorted(self.ends, rng.random(), side="right")), len(self.parts) - 1)]
        return part[int(rng.integers(len(part)))]


def parse_sources(text: str) -> dict[str, float]:
    """Read "SyntheticLines:0.7,IAMLines:0.3" into shares that add up to 1, in the order in which they are named.

    Raises
    ------
    UserError
        For a set that is unknown or named twice, or a weight that is no positive number.
    """
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, _, number = part.strip().partition(":")
        weight = _positive(number)
        if name not in SOURCES or name in weights or weight is None:
            raise UserError(
                f"--sources={text}: {part.strip()!r} is not a data set of {', '.join(SOURCES)}, named once and with a "
                f"positive weight. Type for instance --sources=SyntheticLines:0.7,IAMLines:0.3"
            )
        weights[name] = weight
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def _positive(number: str) -> float | None:
    """Return a positive number, or None if the text is anything else; a weight that is left out is 1."""
    try:
        value = float(number) if number else 1.0
    except ValueError:
        return None
    return value if 0 < value < float("inf") else None


if __name__ == "__main__":
    look_at(MixedLines)
