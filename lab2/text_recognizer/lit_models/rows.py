"""Trains a model that reads a row of labels."""

from typing import Any

from torchmetrics.classification import MulticlassAccuracy

from text_recognizer.lit_models.base import BaseLitModel
from text_recognizer.vocabulary import tokenizer_of


class RowLitModel(BaseLitModel):
    """Trains like BaseLitModel; padding after the end of a text does not count in the accuracy.

    Padding is easy to predict, so counting it would make the accuracy look too good.
    """

    def _accuracy(self, data_config: dict[str, Any]) -> MulticlassAccuracy:
        tokenizer = tokenizer_of(data_config)
        padding = tokenizer.padding if tokenizer.is_for_text else None
        return MulticlassAccuracy(len(data_config["mapping"]), average="micro", ignore_index=padding)
