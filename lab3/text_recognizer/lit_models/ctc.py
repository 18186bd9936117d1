"""Trains a model that reads lines, with connectionist temporal classification.

Letters in this file: B batch, C classes, S windows, T labels in a row.
"""

from typing import Any

import torch
import torch.nn.functional as F
from pytorch_lightning.utilities import rank_zero_warn
from torch import nn

from text_recognizer.lit_models.base import BaseLitModel
from text_recognizer.lit_models.metrics import CharacterErrorRate
from text_recognizer.lit_models.util import SpecialTokens, special_tokens
from text_recognizer.models.ctc_util import ctc_greedy_decode


class CTCLitModel(BaseLitModel):
    """Trains a model whose windows are more than the characters, without being told which belongs to which.

    The loss sums over all ways in which the text can lie along the windows: A. Graves, S. Fernández, F. Gomez,
    J. Schmidhuber, "Connectionist Temporal Classification", 2006.

    Parameters
    ----------
    model
        The network; its `forward` gives logits (B, C, S).
    data_config
        The data's `config()`; its mapping holds <B>, <S>, <E> and <P>.
    """

    def __init__(self, model: nn.Module, data_config: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(model, data_config, **kwargs)
        self.tokens = special_tokens(data_config["mapping"])
        self.val_cer, self.test_cer = CharacterErrorRate(self.tokens), CharacterErrorRate(self.tokens)

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_index: int) -> torch.Tensor:
        """Return the loss of a training batch."""
        x, y = batch
        return self._logged_loss(self(x), y, "train", batch_index)

    def validation_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_index: int) -> None:
        """Measure a validation batch."""
        self._measure(batch, "val", self.val_cer, batch_index)

    def test_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_index: int) -> None:
        """Measure a test batch."""
        self._measure(batch, "test", self.test_cer, batch_index)

    def _measure(
        self, batch: tuple[torch.Tensor, torch.Tensor], stage: str, metric: CharacterErrorRate, batch_index: int
    ) -> None:
        x, y = batch
        logits = self(x)  # (B, C, S)
        self._logged_loss(logits, y, stage, batch_index)
        metric.update(ctc_greedy_decode(logits, self.tokens.blank, self.tokens.padding).tolist(), y.tolist())
        self.log(f"{stage}_cer", metric, on_step=False, on_epoch=True, prog_bar=True)

    def _logged_loss(self, logits: torch.Tensor, y: torch.Tensor, stage: str, batch_index: int) -> torch.Tensor:
        """Return the loss of a batch; report the targets that cannot be aligned."""
        loss, impossible = ctc_loss(logits, y, self.tokens)
        warn_of_unaligned(impossible, logits.shape[2], f"{stage} batch {batch_index}", "--window_stride")
        self.log(f"{stage}_loss", loss, on_step=False, on_epoch=True, prog_bar=True, sync_dist=True)
        self.log(
            f"{stage}_unaligned",
            impossible.float().sum(),
            on_step=False,
            on_epoch=True,
            reduce_fx="sum",
            sync_dist=True,
        )
        return loss


def ctc_loss(logits: torch.Tensor, y: torch.Tensor, tokens: SpecialTokens) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the mean loss per character, and which targets no path of this length can spell.

    Parameters
    ----------
    logits
        (B, C, S).
    y
        (B, T) labels; special tokens are left out, and a row may hold nothing else.
    tokens
        The special tokens.

    Returns
    -------
    tuple
        The loss, and (B,) bool.
    """
    is_text = ~torch.isin(y, y.new_tensor(tokens))  # (B, T)
    lengths = is_text.sum(dim=1)
    impossible = shortest_path_lengths(y, is_text) > logits.shape[2]
    loss = F.ctc_loss(
        logits.permute(2, 0, 1).float().log_softmax(dim=2),  # (S, B, C)
        y[is_text],  # all texts, one behind the other
        torch.full_like(lengths, logits.shape[2]),
        lengths,
        blank=tokens.blank,
        reduction="mean",  # of each text's loss per character
        zero_infinity=True,
    )
    return loss, impossible


def warn_of_unaligned(impossible: torch.Tensor, num_windows: int, where: str, flag: str) -> None:
    """Name the rows of a batch that cannot be aligned, and the flag whose value gives more windows."""
    if impossible.any():
        rows = impossible.nonzero().flatten().tolist()
        rank_zero_warn(
            f"{where}, rows {rows}: CTC cannot align these texts with {num_windows} windows, for each character needs "
            f"one and each repeated one another. They are left out of the loss. Make {flag} smaller"
        )


def shortest_path_lengths(y: torch.Tensor, is_text: torch.Tensor) -> torch.Tensor:
    """Return how many windows each text needs: one a character, and a blank between two that are the same.

    Parameters
    ----------
    y
        (B, T) labels.
    is_text
        (B, T) bool: which of them are characters. They stand next to each other.
    """
    repeats = (y[:, 1:] == y[:, :-1]) & is_text[:, 1:] & is_text[:, :-1]
    return is_text.sum(dim=1) + repeats.sum(dim=1)
