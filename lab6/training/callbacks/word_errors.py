"""Measures words read wrongly, beside characters."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytorch_lightning as pl

from text_recognizer.lit_models.metrics import CharacterErrorRate


class WordErrorRate(CharacterErrorRate):
    """Insertions, deletions and substitutions of words over all texts, divided by the words of all references.

    A word is what stands between spaces, as in training/evaluate.py; punctuation belongs to it.
    """

    def _kept(self, tokens: Sequence) -> Sequence:
        text = super()._kept(tokens)
        return (text if isinstance(text, str) else "".join(map(str, text))).split()


class WordErrors(pl.Callback):
    """Log val_wer and test_wer beside val_cer and test_cer: the same readings, seen by a second metric.

    No reading is made a second time: what the lit model tells its metric of characters, this one hears.
    """

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Let a metric of words listen to that of characters."""
        for split in ("val", "test"):
            characters = getattr(pl_module, f"{split}_cer", None)
            if isinstance(characters, CharacterErrorRate) and not hasattr(pl_module, f"{split}_wer"):
                words = WordErrorRate(characters.ignored, characters.tokenizer)
                setattr(pl_module, f"{split}_wer", words.to(pl_module.device))
                characters.update = listened(characters.update, words)  # type: ignore[method-assign]

    def on_validation_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:
        """Log the rate of validation; Lightning computes it at the end of the epoch."""
        self._log(pl_module, "val_wer")

    def on_test_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:
        """Log the rate of the test."""
        self._log(pl_module, "test_wer")

    def _log(self, pl_module: pl.LightningModule, name: str) -> None:
        metric = getattr(pl_module, name, None)
        if isinstance(metric, WordErrorRate):
            pl_module.log(name, metric, on_step=False, on_epoch=True)


def listened(own: Any, words: WordErrorRate) -> Any:
    """Return a metric's `update` that tells another one, too."""

    def update(references: Iterable[Sequence], hypotheses: Iterable[Sequence]) -> None:
        references, hypotheses = list(references), list(hypotheses)
        own(references, hypotheses)
        words.update(references, hypotheses)

    return update
