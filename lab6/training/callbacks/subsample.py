"""Trains on a part of the training data."""

from collections import defaultdict
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch.utils.data import Dataset, Subset

from text_recognizer.data.drawing.on_demand import OnDemandDataset
from text_recognizer.util import UserError


class Subsample(pl.Callback):
    """Train on a share of the training examples, the same for the same seed, with all classes in the same proportions.

    For rows of labels the length of the text stands for the class. Examples that are drawn anew in each epoch have no
    classes beforehand: of them the first ones are taken.

    Parameters
    ----------
    subsample
        Share of the training examples that is used.
    """

    def __init__(self, subsample: float = 1.0) -> None:
        if not 0 < subsample <= 1:
            raise UserError(f"--subsample={subsample}: expected a share above 0 and up to 1, such as 0.1")
        self.share = subsample

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Keep a share of the training data."""
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        if stage != "fit" or self.share == 1 or getattr(data.data_train, "is_subsample", False):
            return
        train: Any = data.data_train
        if isinstance(data.data_train, OnDemandDataset):
            train.num = max(1, round(self.share * train.num))
        else:
            train = Subset(train, choose(strata_of(train), self.share))
        train.is_subsample = True
        data.data_train = train


def choose(strata: list[int], share: float) -> list[int]:
    """Return the indices of a share of the examples of each stratum, at least one of each, in order."""
    members: dict[int, list[int]] = defaultdict(list)
    for index, stratum in enumerate(strata):
        members[stratum].append(index)
    rng = np.random.default_rng(torch.initial_seed() % 2**63)
    chosen = [rng.choice(one, max(1, round(share * len(one))), replace=False) for _, one in sorted(members.items())]
    return sorted(int(index) for part in chosen for index in part)


def strata_of(dataset: Any) -> list[int]:
    """Return of each example the class, or how many labels of a row differ from the last, which is padding mostly."""
    targets = torch.stack([torch.as_tensor(target) for target in targets_of(dataset)])
    if targets.ndim == 1:
        return targets.tolist()
    return (targets != targets[:, -1:]).sum(dim=1).tolist()


def targets_of(dataset: Dataset) -> list[Any]:
    """Return the targets of a data set, without its images where it keeps them apart."""
    if isinstance(dataset, Subset):
        inner = targets_of(dataset.dataset)
        return [inner[index] for index in dataset.indices]
    if hasattr(dataset, "targets"):
        return list(dataset.targets)
    return [dataset[index][1] for index in range(len(dataset))]  # type: ignore[arg-type]
