"""The losses that `--loss` can name, each a Lightning module that trains a model with it."""

from text_recognizer.lit_models.base import BaseLitModel

LIT_MODELS: dict[str, type[BaseLitModel]] = {"cross_entropy": BaseLitModel}

__all__ = ["LIT_MODELS", "BaseLitModel"]
