"""The CTC loss: trains a model that reads lines with connectionist temporal classification.

Letters in this file: B batch, C classes, S frames (windows of the image), T labels in a row.
"""

from typing import Any

import torch
import torch.nn.functional as F

from text_recognizer.decoding.greedy import ctc_greedy_decode
from text_recognizer.lit_models.base import BaseLitModel
from text_recognizer.lit_models.metrics import CharacterErrorRate
from text_recognizer.lit_models.util import shortest_path_lengths, warn_of_unaligned
from text_recognizer.models.base import Model
from text_recognizer.vocabulary import SpecialTokens, tokenizer_of

DEVICES_WITHOUT_CTC = {"mps"}  # Apple's GPUs: PyTorch has no CTC loss for them


class CTCLitModel(BaseLitModel):
    """Trains a model that has more frames than characters, without an alignment between the two.

    The loss sums over all alignments of the text with the frames: A. Graves, S. Fernández, F. Gomez,
    J. Schmidhuber, "Connectionist Temporal Classification", 2006.

    Parameters
    ----------
    model
        The network; its `forward` gives logits (B, C, S).
    data_config
        The data's `config()`; its mapping holds the special tokens.
    """

    def __init__(self, model: Model, data_config: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(model, data_config, **kwargs)
        tokenizer = tokenizer_of(data_config)
        self.tokens = tokenizer.special
        self.val_cer, self.test_cer = (CharacterErrorRate(self.tokens, tokenizer) for _ in range(2))

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
        metric.update(y.tolist(), ctc_greedy_decode(logits, self.tokens.blank, self.tokens.padding).tolist())
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
    """Return the mean loss per character, and which targets have no alignment with this number of frames.

    Parameters
    ----------
    logits
        (B, C, S).
    y
        (B, T) labels; special tokens are left out, and a row may consist of nothing else.
    tokens
        The special tokens.

    Returns
    -------
    tuple
        The loss, and (B,) bool: true where there is no alignment.
    """
    is_text = ~torch.isin(y, y.new_tensor(tokens))  # (B, T)
    lengths = is_text.sum(dim=1)
    impossible = shortest_path_lengths(y, is_text) > logits.shape[2]
    device = device_of_loss(logits.device)
    loss = F.ctc_loss(
        logits.permute(2, 0, 1).float().log_softmax(dim=2).to(device),  # (S, B, C)
        y[is_text].to(device),  # all texts, concatenated
        torch.full_like(lengths, logits.shape[2]).to(device),
        lengths.to(device),
        blank=tokens.blank,
        reduction="mean",  # over the texts, of their loss per character
        zero_infinity=True,
    )
    return loss.to(logits.device), impossible


def device_of_loss(device: torch.device) -> torch.device:
    """Return the device that computes the loss of logits on `device`: the CPU if PyTorch has no CTC loss there."""
    return torch.device("cpu") if device.type in DEVICES_WITHOUT_CTC else device
