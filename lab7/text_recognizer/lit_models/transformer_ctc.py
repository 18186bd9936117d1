"""Trains a model that generates a text token by token, and whose CTC head reads it from all cells at the same time.

Letters in this file: B batch, C classes, S cells, T labels in a row.
"""

from typing import Any

import torch

from text_recognizer.lit_models.ctc import ctc_loss
from text_recognizer.lit_models.metrics import CharacterErrorRate
from text_recognizer.lit_models.transformer import TransformerLitModel
from text_recognizer.lit_models.util import warn_of_unaligned
from text_recognizer.models.cells import CTCHeadModel
from text_recognizer.models.encoder_decoder import EncoderDecoder
from text_recognizer.util import UserError

Batch = tuple[torch.Tensor, torch.Tensor]


class TransformerCTCLitModel(TransformerLitModel):
    """Trains like TransformerLitModel; with a `ctc_weight`, a CTC head on the image's features is trained too.

    The head reads the cells of the map, row after row, as one long line (as in Coquenet, Chatelain and Paquet, "SPAN",
    2021). A line break is a class like any other: it may be in any cell between the last character of one line and the
    first of the next, where there is usually nothing else to read. The row of the map cannot replace it, because a line
    of text may cover two rows. Attention has to find out where to look before it can learn what is there. CTC teaches
    the encoder what is there from the first step on, and reads in one pass.

    Parameters
    ----------
    model
        The network; see TransformerLitModel. With a `ctc_weight` it is a CTCHeadModel.
    data_config
        The data's `config()`; its mapping holds the special tokens.
    ctc_weight
        Weight of the CTC head's loss, which is added to the Transformer's; with 0 the model has no CTC head.
    """

    def __init__(
        self, model: EncoderDecoder, data_config: dict[str, Any], ctc_weight: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(model, data_config, **kwargs)
        if not 0 <= ctc_weight < float("inf"):
            raise UserError(f"--ctc_weight={ctc_weight}: expected 0 or more")
        self.ctc_weight = ctc_weight
        if ctc_weight:
            if not isinstance(model, CTCHeadModel):
                raise UserError(
                    f"--ctc_weight={ctc_weight}: {type(model).__name__} cannot have a CTC head. Choose "
                    "--model_class=ResnetTransformer, or --loss=ctc for a model of lab 3"
                )
            model.add_ctc_head()
            self.val_ctc_cer, self.test_ctc_cer = CharacterErrorRate(self.tokens), CharacterErrorRate(self.tokens)

    def _measure(self, batch: Batch, stage: str, metric: CharacterErrorRate) -> None:
        super()._measure(batch, stage, metric)
        if self.ctc_weight:
            x, y = batch
            ctc_metric: CharacterErrorRate = getattr(self, f"{stage}_ctc_cer")
            ctc_metric.update(y.tolist(), self.read_fast(x).tolist())
            self.log(f"{stage}_ctc_cer", ctc_metric, on_step=False, on_epoch=True, prog_bar=True)

    def read_fast(self, x: torch.Tensor) -> torch.Tensor:
        """Return what the CTC head reads: (B, 1, H, W) -> (B, S) tokens."""
        return self._model_with_head().read_fast(x.contiguous(memory_format=self.memory_format))

    def _model_with_head(self) -> CTCHeadModel:
        assert isinstance(self.model, CTCHeadModel)
        return self.model

    def _logged_loss(self, batch: Batch, stage: str) -> torch.Tensor:
        if not self.ctc_weight:
            return super()._logged_loss(batch, stage)
        x, y = batch
        self._check_labels(y)
        x = x.contiguous(memory_format=self.memory_format)
        of_transformer, ctc_logits = self._both_losses(x, y, self._shown(y, stage), stage)
        of_ctc, impossible = ctc_loss(ctc_logits, y, self.tokens)
        warn_of_unaligned(impossible, ctc_logits.shape[2], f"{stage} batch", "--stride_width or --stride_height")
        loss = of_transformer + self.ctc_weight * of_ctc
        for name, value in (("loss", loss), ("ctc_loss", of_ctc)):
            self.log(f"{stage}_{name}", value, on_step=False, on_epoch=True, prog_bar=name == "loss", sync_dist=True)
        num_impossible = impossible.float().sum()
        self.log(f"{stage}_unaligned", num_impossible, on_step=False, on_epoch=True, reduce_fx="sum", sync_dist=True)
        return loss

    def _both_losses(
        self, x: torch.Tensor, y: torch.Tensor, shown: torch.Tensor, stage: str
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the Transformer's loss, and the CTC head's logits (B, C, S), from one pass over the images."""
        logits, ctc_logits = self._model_with_head().forward_both(x, shown)  # (B, C, T - 1), (B, C, S)
        return self._loss(logits, y[:, 1:]), ctc_logits
