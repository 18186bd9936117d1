"""Trains a model that generates a text token by token.

Letters in this file: B batch, C classes, T labels in a row.
"""

from typing import Any

import torch
import torch.nn.functional as F

from text_recognizer.lit_models.base import BaseLitModel
from text_recognizer.lit_models.metrics import CharacterErrorRate
from text_recognizer.models.encoder_decoder import EncoderDecoder
from text_recognizer.util import UserError
from text_recognizer.vocabulary import tokenizer_of


class TransformerLitModel(BaseLitModel):
    """Trains a model to predict the next token from the true tokens before it ("teacher forcing").

    Validation and test measure the loss in the same way. They also measure the character error rate of the text that
    the model generates from its own predictions.

    Parameters
    ----------
    model
        The network; `forward(x, y)` gives logits (B, C, T), `predict(x)` tokens (B, T).
    data_config
        The data's `config()`; its mapping holds the special tokens.
    """

    shows_labels = True
    model: EncoderDecoder

    def __init__(self, model: EncoderDecoder, data_config: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(model, data_config, **kwargs)
        tokenizer = tokenizer_of(data_config)
        self.tokens = tokenizer.special
        self.val_cer, self.test_cer = (CharacterErrorRate(self.tokens, tokenizer) for _ in range(2))
        self.labels_are_checked = False

    def predict(self, x: torch.Tensor) -> torch.Tensor:
        """Return the text that the model generates: (B, 1, H, W) -> (B, T) tokens."""
        return self.model.predict(x.contiguous(memory_format=self.memory_format))

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_index: int) -> torch.Tensor:
        """Return the loss of a training batch."""
        return self._logged_loss(batch, "train")

    def validation_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_index: int) -> None:
        """Measure a validation batch."""
        self._measure(batch, "val", self.val_cer)

    def test_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_index: int) -> None:
        """Measure a test batch."""
        self._measure(batch, "test", self.test_cer)

    def _measure(self, batch: tuple[torch.Tensor, torch.Tensor], stage: str, metric: CharacterErrorRate) -> None:
        x, y = batch
        self._logged_loss(batch, stage)
        metric.update(y.tolist(), self.predict(x).tolist())
        self.log(f"{stage}_cer", metric, on_step=False, on_epoch=True, prog_bar=True)

    def _logged_loss(self, batch: tuple[torch.Tensor, torch.Tensor], stage: str) -> torch.Tensor:
        x, y = batch
        self._check_labels(y)
        logits = self.model(x.contiguous(memory_format=self.memory_format), self._shown(y, stage))  # (B, C, T - 1)
        loss = self._loss(logits, y[:, 1:])
        self.log(f"{stage}_loss", loss, on_step=False, on_epoch=True, prog_bar=True, sync_dist=True)
        return loss

    def _shown(self, y: torch.Tensor, stage: str) -> torch.Tensor:
        """(B, T) tokens -> (B, T - 1): the tokens that the model sees, all but the last."""
        return y[:, :-1]

    def _loss(self, logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """(B, C, T) logits, (B, T) target tokens -> the mean loss of the targets that are not padding."""
        return F.cross_entropy(logits, y, ignore_index=self.tokens.padding)

    def _check_labels(self, y: torch.Tensor) -> None:
        """Check for <S> and <E>: the loss ignores padding, so only <E> can teach the model to stop."""
        if self.labels_are_checked:  # a check of each batch would make a GPU wait
            return
        if not ((y[:, 0] == self.tokens.start).all() and (y == self.tokens.end).any(dim=1).all()):
            raise UserError("--loss=transformer needs labels from <S> to <E>: add --with_start_end_tokens=true")
        self.labels_are_checked = True
