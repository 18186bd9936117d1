"""The losses that `--loss` can name, each a Lightning module that trains a model with it."""

from text_recognizer.lit_models.base import OPTIMIZERS, BaseLitModel
from text_recognizer.lit_models.cpc import CPCLitModel
from text_recognizer.lit_models.ctc import CTCLitModel
from text_recognizer.lit_models.embedding import EmbeddingLitModel
from text_recognizer.lit_models.line_finder import LineFinderLitModel
from text_recognizer.lit_models.optimizers import OWN_OPTIMIZERS
from text_recognizer.lit_models.rows import RowLitModel
from text_recognizer.lit_models.transducer import TransducerLitModel
from text_recognizer.lit_models.transformer import TransformerLitModel
from text_recognizer.lit_models.transformer_ctc import TransformerCTCLitModel
from text_recognizer.lit_models.transformer_guided import TransformerGuidedLitModel
from text_recognizer.lit_models.transformer_options import TransformerOptionsLitModel
from text_recognizer.lit_models.vq_vae import VQVAELitModel

LIT_MODELS: dict[str, type[BaseLitModel]] = {
    "cross_entropy": RowLitModel,
    "cpc": CPCLitModel,
    "ctc": CTCLitModel,
    "embedding": EmbeddingLitModel,
    "line_finder": LineFinderLitModel,
    "transformer": TransformerGuidedLitModel,
    "transducer": TransducerLitModel,
    "vq_vae": VQVAELitModel,
}

OPTIMIZERS.update(OWN_OPTIMIZERS)  # `--optimizer` takes these names too

__all__ = [
    "LIT_MODELS",
    "BaseLitModel",
    "CPCLitModel",
    "CTCLitModel",
    "EmbeddingLitModel",
    "LineFinderLitModel",
    "RowLitModel",
    "TransducerLitModel",
    "TransformerCTCLitModel",
    "TransformerGuidedLitModel",
    "TransformerLitModel",
    "TransformerOptionsLitModel",
    "VQVAELitModel",
]
