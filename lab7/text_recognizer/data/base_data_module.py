"""What all data modules share: the loaders, and the link from data to model.

Letters in this file: B batch, C channels, H W image.
"""

from collections.abc import Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset, RandomSampler

from text_recognizer.data.storage.stand_in import NOTICE, STAND_IN
from text_recognizer.data.workers import outlive_signals
from text_recognizer.util import UserError


class BaseDataModule(pl.LightningDataModule):
    """Base of all data modules.

    Lightning's Trainer calls `prepare_data`, then `setup`, then `train_dataloader` and the others for batches.

    A subclass sets `input_dims`, `output_dims`, `mapping` and `source`, and implements `load_splits`; one that needs
    files implements `download` and, if these must be converted first, `prepare_data`.

    Parameters
    ----------
    batch_size
        Number of examples in a step, per process.
    num_workers
        Number of processes that load data; 0 loads in the training process itself.

    Attributes
    ----------
    input_dims
        Shape of one image, (C, H, W).
    output_dims
        Shape of one target: (1,) for one label, (S,) for a row of S labels.
    mapping
        The text of each class; a label is an index into it.
    source
        Where the data comes from, for people to read.
    """

    input_dims: tuple[int, ...]
    output_dims: tuple[int, ...]
    mapping: Sequence[str]
    source: str

    def __init__(self, batch_size: int = 128, num_workers: int = 0) -> None:
        super().__init__()
        if batch_size < 1:
            raise UserError(f"--batch_size={batch_size}: expected 1 or more")
        if num_workers < 0:
            raise UserError(f"--num_workers={num_workers}: expected 0 or more")
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.validates_on_train = False  # set by --overfit_batches: can the model memorise these very batches?
        self.data_train: Dataset | None = None
        self.data_val: Dataset | None = None
        self.data_test: Dataset | None = None

    def config(self) -> dict[str, Any]:
        """Return all that a model needs to know of the data."""
        return {"input_dims": self.input_dims, "output_dims": self.output_dims, "mapping": self.mapping}

    @property
    def is_stand_in(self) -> bool:
        """Whether the data on this machine is a stand-in: see `stand_in.py`."""
        return False

    @property
    def provenance(self) -> str:
        """`source`, with a warning if the data is a stand-in; printed beside each result."""
        return f"{NOTICE} ({self.source})" if self.is_stand_in else self.source

    def download(self) -> None:
        """Bring the official files onto this machine, where there are any; they replace stand-ins."""

    def prepare_data(self) -> None:
        """Write what `load_splits` reads. Lightning calls this in one process only."""
        if not self.is_stand_in:  # a stand-in serves until somebody asks for the real data
            self.download()

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return the training, validation and test sets, from files that are already on this machine."""
        raise NotImplementedError

    def setup(self, stage: str | None = None) -> None:
        """Load the splits, once, whatever the stage."""
        if self.data_train is None:
            self.data_train, self.data_val, self.data_test = self.load_splits()

    def train_dataloader(self) -> DataLoader:
        """Return shuffled training batches."""
        return self._loader(self.data_train, shuffle=True)

    def val_dataloader(self) -> DataLoader:
        """Return validation batches; with `validates_on_train` the training set's, in order."""
        return self._loader(self.data_train if self.validates_on_train else self.data_val)

    def test_dataloader(self) -> DataLoader:
        """Return test batches in order."""
        return self._loader(self.data_test)

    def _loader(self, dataset: Dataset | None, shuffle: bool = False) -> DataLoader:
        assert dataset is not None, "call setup() first"
        return DataLoader(
            dataset,
            batch_size=self.batch_size,
            sampler=RandomSampler(dataset) if shuffle else None,  # type: ignore[arg-type]
            num_workers=self.num_workers,
            persistent_workers=self.num_workers > 0,
            pin_memory=torch.cuda.is_available(),
            worker_init_fn=outlive_signals,
            # Workers are started once more in a training that is resumed: that must use up none of its random numbers.
            generator=torch.Generator().manual_seed(torch.initial_seed()) if self.num_workers > 0 else None,
        )

    def __str__(self) -> str:
        """Tell sizes, shapes, ranges and source. Loads what is on this machine already; never downloads."""
        try:
            self.setup()
        except UserError as error:
            return f"{type(self).__name__}: not loaded. {error}"
        sizes = [len(dataset) for dataset in (self.data_train, self.data_val, self.data_test)]  # type: ignore[arg-type]
        x, y = next(iter(self._loader(self.data_train)))
        name = type(self).__name__
        if self.is_stand_in:
            name += f" ({STAND_IN})"
        return "\n".join(
            [
                f"{name}: {sizes[0]:,} training, {sizes[1]:,} validation, {sizes[2]:,} test examples",
                f"  one image   {tuple(x.shape[1:])}, one target {self.output_dims}, {len(self.mapping)} classes",
                f"  classes     {_shorten(' '.join(map(repr, self.mapping)))}",
                f"  first batch images {_describe(x)}",
                f"              targets {_describe(y)}",
                f"  source      {self.provenance}",
            ]
        )


def _describe(tensor: torch.Tensor) -> str:
    values = tensor.float()
    dtype = str(tensor.dtype).removeprefix("torch.")
    spread = f"mean {values.mean():.3f}, deviation {values.std(correction=0):.3f}"
    return f"{tuple(tensor.shape)} {dtype} in [{values.min():g}, {values.max():g}], {spread}"


def _shorten(text: str, width: int = 100) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
