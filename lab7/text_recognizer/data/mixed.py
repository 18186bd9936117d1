"""What data sets share that draw their training examples from several others by weight.

Letters in this file: B batch.
"""

from typing import Any, ClassVar

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from text_recognizer.data.augmented import with_epochs
from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.util import UserError

Sources = dict[str, type[BaseDataModule]]


class MixedData(BaseDataModule):
    """Base of data sets that train on several; a subclass lists the sets in `SOURCES`, by name.

    It also names its `unit`, with which its flag `num_mixed_<unit>` ends.

    Parameters
    ----------
    sources
        Data sets and how often each is drawn from, as `parse_sources` reads them.
    num_mixed
        Number of training examples that count as an epoch.
    settings
        What each set is made with, by its name.
    validate_on
        The data set whose validation and test examples are used; the one that is named first if empty.
    """

    SOURCES: ClassVar[Sources]
    unit: str

    def __init__(
        self, sources: str, num_mixed: int, settings: dict[str, dict[str, Any]], validate_on: str = "", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if num_mixed < 1:
            raise UserError(f"--num_mixed_{self.unit}={num_mixed}: expected 1 or more")
        self.weights = parse_sources(sources, self.SOURCES)
        self.num_mixed = num_mixed
        self.held_out = validate_on or next(iter(self.weights))
        if self.held_out not in self.SOURCES:
            raise UserError(f"--validate_on={validate_on}: expected one of {', '.join(self.SOURCES)}")
        names = dict.fromkeys([*self.weights, self.held_out])
        self.modules = {
            name: self.SOURCES[name](batch_size=self.batch_size, **settings.get(name, {})) for name in names
        }
        first = self.modules[self.held_out]
        self.input_dims, self.output_dims, self.mapping = first.input_dims, first.output_dims, first.mapping
        self.source = sources

    @property
    def is_stand_in(self) -> bool:
        """Whether any of the sets is a stand-in."""
        return any(module.is_stand_in for module in self.modules.values())

    def download(self) -> None:
        """Download what each set needs."""
        for module in self.modules.values():
            module.download()

    def prepare_data(self) -> None:
        """Prepare each set."""
        for module in self.modules.values():
            module.prepare_data()

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return the mixed training examples, and one set's validation and test examples."""
        for module in self.modules.values():
            module.validates_on_train = self.validates_on_train
            module.setup()
        held_out = self.modules[self.held_out]
        shares = " + ".join(f"{weight:.0%} {name}" for name, weight in self.weights.items())
        about = "; ".join(module.source for module in self.modules.values())
        self.source = f"{shares}, validated on {self.held_out}. {about}"
        parts, weights = [self.modules[name].data_train for name in self.weights], list(self.weights.values())
        train = MixedDataset(parts, weights, self.num_mixed, torch.initial_seed(), not self.validates_on_train)
        assert held_out.data_val is not None
        assert held_out.data_test is not None
        return train, held_out.data_val, held_out.data_test

    def train_dataloader(self) -> DataLoader:
        """Return training batches, of other examples in each epoch."""
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


def parse_sources(text: str, known: Sources) -> dict[str, float]:
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
        if name not in known or name in weights or weight is None:
            first, second, *_ = known
            raise UserError(
                f"--sources={text}: {part.strip()!r} is not a data set of {', '.join(known)}, named once and with a "
                f"positive weight. Type for instance --sources={first}:0.7,{second}:0.3"
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
