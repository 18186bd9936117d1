"""The losses that `--loss` can name, each a Lightning module that trains a model with it."""

from text_recognizer.lit_models.base import BaseLitModel
from text_recognizer.lit_models.ctc import CTCLitModel
from text_recognizer.lit_models.rows import RowLitModel
from text_recognizer.lit_models.transformer import TransformerLitModel

LIT_MODELS: dict[str, type[BaseLitModel]] = {
    "cross_entropy": RowLitModel,
    "ctc": CTCLitModel,
    "transformer": TransformerLitModel,
}

__all__ = ["LIT_MODELS", "BaseLitModel", "CTCLitModel", "RowLitModel", "TransformerLitModel"]
