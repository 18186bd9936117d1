"""What a model reads on some images, beside what is written there.

Letters in this file: B batch, H W image, C classes, S labels in a row.
"""

from collections.abc import Callable

import pytorch_lightning as pl
import torch

from text_recognizer.decoding.greedy import ctc_greedy_decode
from text_recognizer.lit_models import CTCLitModel
from text_recognizer.vocabulary import Tokenizer


def read(lit_model: pl.LightningModule, x: torch.Tensor) -> torch.Tensor:
    """Return what a model of any lab reads: images (B, 1, H, W) -> labels (B,) or (B, S)."""
    predict: Callable[[torch.Tensor], torch.Tensor] | None = getattr(lit_model, "predict", None)
    if predict is not None:  # what it reads is more than the likeliest class of each step
        return predict(x)
    logits = lit_model(x)  # (B, C) or (B, C, S)
    if isinstance(lit_model, CTCLitModel):
        return ctc_greedy_decode(logits, lit_model.tokens.blank, lit_model.tokens.padding)
    return logits.argmax(dim=1)


def captions(lit_model: pl.LightningModule, x: torch.Tensor, y: torch.Tensor, tokenizer: Tokenizer) -> list[str]:
    """Return for each image (B, 1, H, W) what is read and, from its labels (B,) or (B, S), what is written.

    A lit model whose answers are no labels says it itself.
    """
    if own := getattr(lit_model, "captions", None):
        return own(x, y, tokenizer)
    references, hypotheses = (
        [tokenizer.decode(labels.reshape(-1).tolist()) for labels in rows] for rows in (y, read(lit_model, x))
    )
    pairs = zip(references, hypotheses, strict=True)
    return [f"read: {hypothesis}\nwritten: {reference}" for reference, hypothesis in pairs]
