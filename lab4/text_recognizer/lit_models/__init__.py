"""How models are trained: `--loss` picks the Lightning module by these names."""

from text_recognizer.lit_models.base import BaseLitModel

LIT_MODELS: dict[str, type[BaseLitModel]] = {"cross_entropy": BaseLitModel}

__all__ = ["LIT_MODELS", "BaseLitModel"]
