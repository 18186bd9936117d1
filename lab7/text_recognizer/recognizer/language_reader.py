"""Decodes the logits of a CTC model with a language model of English (shallow fusion).

Letters in this file: H' W' the map's rows and columns, S cells, C classes, T characters.
"""

from pathlib import Path
from typing import Any

import numpy as np

from text_recognizer.decoding.beam_search import ctc_align, ctc_beam_search
from text_recognizer.decoding.fusion_scorer import BONUS, WEIGHT, FusionScorer
from text_recognizer.decoding.ngrams import NGrams
from text_recognizer.recognizer.artifact_files import NGRAMS_FILENAME
from text_recognizer.recognizer.result import Token
from text_recognizer.vocabulary import tokenizer_of


class LanguageReader:
    """Decodes the cells of a map with the language model of an artifact.

    Parameters
    ----------
    dirname
        The artifact's directory, with ngrams.npz in it.
    config
        The artifact's configuration; its `language_model` may hold a `weight` and an insertion `bonus`.
    """

    def __init__(self, dirname: Path, config: dict[str, Any]) -> None:
        self.scorer = load_scorer(dirname, config)
        self.blank = tokenizer_of(config["data_config"]).blank

    def tokens_of_cells(self, logits: np.ndarray) -> list[Token]:
        """Return the most probable text of a map's (H', W', C) logits, each character at its best-fitting cell."""
        num_columns, num_classes = logits.shape[1:]
        cells = logits.reshape(-1, num_classes)  # (S, C), row by row
        cells = cells - cells.max(axis=1, keepdims=True)
        log_probs = cells - np.log(np.exp(cells).sum(axis=1, keepdims=True))
        labels = ctc_beam_search(log_probs, self.blank, self.scorer, self.scorer.context)
        places = ctc_align(log_probs, labels, self.blank)
        return [
            Token(label, float(np.exp(log_probs[cell, label])), divmod(cell, num_columns))
            for label, cell in zip(labels, places, strict=True)
        ]


def load_scorer(dirname: Path, config: dict[str, Any]) -> FusionScorer:
    """Load an artifact's language model, ngrams.npz, with the weight and the insertion bonus of its configuration."""
    settings = config.get("language_model", {})
    weight, bonus = settings.get("weight", WEIGHT), settings.get("bonus", BONUS)
    mapping = tokenizer_of(config["data_config"]).mapping
    return FusionScorer(NGrams.load(dirname / NGRAMS_FILENAME), mapping, weight, bonus)
