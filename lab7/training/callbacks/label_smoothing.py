"""Softens the labels of a training.

Letters in this file: B batch, C classes, S labels in a row.
"""

import pytorch_lightning as pl
import torch

from text_recognizer.lit_models import RowLitModel, TransformerLitModel
from text_recognizer.util import UserError


class LabelSmoothing(pl.Callback):
    """Train with a little probability on each class, so that no class gets all (Szegedy et al. 2015).

    Validation and test measure the loss as ever, so that it compares with that of other runs.

    Parameters
    ----------
    label_smoothing
        The share of probability that is spread over all classes; 0.1 is usual.
    """

    def __init__(self, label_smoothing: float = 0.0) -> None:
        if not 0 <= label_smoothing < 1:
            raise UserError(f"--label_smoothing={label_smoothing}: expected a share from 0 to below 1, such as 0.1")
        self.share = label_smoothing

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Let the model's loss be smoothed in training."""
        if stage != "fit" or self.share == 0:
            return
        if not isinstance(pl_module, RowLitModel | TransformerLitModel):
            raise UserError(
                f"--label_smoothing={self.share}: {type(pl_module).__name__} has no cross entropy to smooth. Expected "
                "--loss=cross_entropy or --loss=transformer"
            )
        own = pl_module._loss
        padding = pl_module.tokens.padding if isinstance(pl_module, TransformerLitModel) else None

        def loss(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            value = own(logits, y)
            return smoothed(value, logits, y, self.share, padding) if pl_module.training else value

        pl_module._loss = loss  # type: ignore[method-assign]


def smoothed(
    loss: torch.Tensor, logits: torch.Tensor, y: torch.Tensor, share: float, padding: int | None
) -> torch.Tensor:
    """Mix a mean cross entropy with that of the uniform distribution.

    Parameters
    ----------
    loss
        The mean cross entropy of the labels.
    logits
        (B, C) or (B, C, S).
    y
        (B,) or (B, S) labels.
    share
        Of the uniform distribution.
    padding
        A label that does not count.
    """
    uniform = -logits.log_softmax(dim=1).mean(dim=1)  # (B,) or (B, S)
    kept = uniform if padding is None else uniform[y != padding]
    return (1 - share) * loss + share * kept.mean()
