"""How models are trained: `--loss` picks the Lightning module by these names."""

from text_recognizer.lit_models.base import BaseLitModel
from text_recognizer.lit_models.ctc import CTCLitModel
from text_recognizer.lit_models.transformer import TransformerLitModel
from text_recognizer.lit_models.transformer_ctc import TransformerCTCLitModel

LIT_MODELS: dict[str, type[BaseLitModel]] = {
    "cross_entropy": BaseLitModel,
    "ctc": CTCLitModel,
    "transformer": TransformerCTCLitModel,
}

__all__ = ["LIT_MODELS", "BaseLitModel", "CTCLitModel", "TransformerCTCLitModel", "TransformerLitModel"]
