"""What a model reads on some images, beside what is written there.

Letters in this file: B batch, H W image, C classes, S labels in a row.
"""

from collections.abc import Sequence

import pytorch_lightning as pl
import torch

from text_recognizer.data.vocabulary import SPECIAL_TOKENS
from text_recognizer.lit_models import CTCLitModel, TransformerLitModel
from text_recognizer.lit_models.ctc import ctc_greedy_decode


def read(lit_model: pl.LightningModule, x: torch.Tensor) -> torch.Tensor:
    """Return what a model of any lab reads: images (B, 1, H, W) -> labels (B,) or (B, S)."""
    if isinstance(lit_model, TransformerLitModel):
        return lit_model.predict(x)
    logits = lit_model(x)  # (B, C) or (B, C, S)
    if isinstance(lit_model, CTCLitModel):
        return ctc_greedy_decode(logits, lit_model.tokens.blank, lit_model.tokens.padding)
    return logits.argmax(dim=1)


def captions(lit_model: pl.LightningModule, x: torch.Tensor, y: torch.Tensor, mapping: Sequence[str]) -> list[str]:
    """Return for each image (B, 1, H, W) what is read and, from its labels (B,) or (B, S), what is written."""
    pairs = zip(read(lit_model, x), y, strict=True)
    return [f"read: {_text(labels, mapping)}\nwritten: {_text(target, mapping)}" for labels, target in pairs]


def _text(labels: torch.Tensor, mapping: Sequence[str]) -> str:
    tokens = (mapping[label] for label in labels.reshape(-1).tolist())
    return "".join(token for token in tokens if token not in SPECIAL_TOKENS)
