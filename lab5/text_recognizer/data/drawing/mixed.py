"""The base of data sets that draw their training examples from several others by weight.

Letters in this file: B batch.
"""

from typing import Any, ClassVar

import numpy as np
from torch.utils.data import Dataset

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.drawing.on_demand import Example, OnDemandDataset, set_epoch
from text_recognizer.util import UserError

Sources = dict[str, type[BaseDataModule]]


class MixedData(BaseDataModule):
    """Base of data sets that train on several; a subclass lists the sets in `SOURCES`, by name.

    It also names its `unit`, the end of the name of its flag `num_mixed_<unit>`.

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
        train = MixedDataset(parts, weights, self.num_mixed, moves_on=not self.validates_on_train)
        assert held_out.data_val is not None
        assert held_out.data_test is not None
        return train, held_out.data_val, held_out.data_test


class MixedDataset(OnDemandDataset):
    """Examples of several data sets, each drawn at random by the sets' weights.

    Parameters
    ----------
    parts
        The data sets. Those that are made on demand go by the epoch of the mixture.
    weights
        How often each is drawn from; they add up to 1.
    num, seed, moves_on
        As in `OnDemandDataset`.
    """

    def __init__(
        self, parts: list, weights: list[float], num: int, seed: int | None = None, moves_on: bool = True
    ) -> None:
        super().__init__(num, seed, moves_on)
        self.parts = parts
        self.ends = np.cumsum(weights)

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch of this data set and of its parts."""
        super().set_epoch(epoch)
        for part in self.parts:
            set_epoch(part, epoch)

    def make(self, index: int, rng: np.random.Generator) -> Example:
        """Draw a set, and an example of it."""
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
