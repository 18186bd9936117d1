"""The models that `--model_class` can name; a new one is added to this list."""

from text_recognizer.models.mlp import MLP

__all__ = ["MLP"]
