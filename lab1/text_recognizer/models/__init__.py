"""The models: `--model_class` takes any of these names."""

from text_recognizer.models.mlp import MLP

__all__ = ["MLP"]
