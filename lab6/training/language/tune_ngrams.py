"""Tunes the weight and the insertion bonus of shallow fusion with a language model, on validation data.

    python training/language/tune_ngrams.py --checkpoint=training/logs/…/version_0 --ngrams=training/logs/ngrams.npz

It prints the character error rate and the time of each setting, and of decoding without a language model. With
`--split=test --weights=[0.7] --bonuses=[1.5]` it measures the chosen setting.
"""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch

from text_recognizer.decoding.beam_search import ctc_beam_search
from text_recognizer.decoding.fusion_scorer import FusionScorer
from text_recognizer.decoding.greedy import ctc_greedy_decode
from text_recognizer.decoding.ngrams import NGrams
from text_recognizer.lit_models.ctc import CTCLitModel
from text_recognizer.lit_models.metrics import CharacterErrorRate
from text_recognizer.util import UserError
from training.command_line.settings import run_command
from training.run_experiment import LOG_DIRNAME
from training.runs.trained_run import TrainedRun, find_checkpoint, load_run

Reading = tuple[torch.Tensor, list[int]]  # logits (C, S), and the labels that were to be read


@dataclass
class Tuning:
    """Settings of the search.

    Parameters
    ----------
    checkpoint
        A .ckpt file of a training with --loss=ctc, or the directory of a run for its best one; the newest if null.
    data_class
        Other data than that of the training, with images of the same size and the same characters.
    split
        Choose on validation data; the test split takes one weight and one bonus, for the final number.
    ngrams
        The language model; ngrams.npz among the logs if null.
    weights
        Weights of the language model to try.
    bonuses
        Insertion bonuses to try; a bonus is added for each character.
    beam_size
        Number of prefixes that are kept after each frame.
    num_examples
        Read only this many examples; all if null.
    """

    checkpoint: str | None = None
    data_class: str | None = None
    split: Literal["val", "test"] = "val"
    ngrams: str | None = None
    weights: tuple[float, ...] = (0.3, 0.5, 0.7, 0.9)
    bonuses: tuple[float, ...] = (0.5, 1.0, 1.5, 2.0)
    beam_size: int = 16
    num_examples: int | None = None

    def __post_init__(self) -> None:
        if self.split == "test" and len(self.weights) * len(self.bonuses) > 1:
            raise UserError(
                "--split=test: expected one weight and one bonus, such as --weights=[0.7] --bonuses=[1.5]: values that "
                "are chosen on test data cannot be measured on it"
            )


def tune(tuning: Tuning) -> dict[tuple[float, float], float]:
    """Print a table of error rates; return that of each weight and bonus."""
    ngrams = NGrams.load(Path(tuning.ngrams or LOG_DIRNAME / "ngrams.npz"))
    trained = load_run(find_checkpoint(tuning.checkpoint, "--checkpoint"), "--checkpoint", tuning.data_class)
    if not isinstance(trained.lit_model, CTCLitModel):
        raise UserError(f"{trained.filename}: trained with --loss={trained.args.loss}, expected --loss=ctc")
    tokens, mapping = trained.lit_model.tokens, trained.data.mapping
    readings = list(read_logits(trained, tuning.split, tuning.num_examples))
    print(f"{trained.filename} on {len(readings)} {tuning.split} examples: {trained.data.provenance}")

    def greedily(logits: torch.Tensor) -> list[int]:
        return ctc_greedy_decode(logits[None], tokens.blank, tokens.padding)[0].tolist()

    show("no language model", *measure(readings, greedily, tokens))
    rates: dict[tuple[float, float], float] = {}
    for weight in tuning.weights:
        for bonus in tuning.bonuses:
            scorer = FusionScorer(ngrams, mapping, weight, bonus)

            def search(logits: torch.Tensor, scorer: FusionScorer = scorer) -> list[int]:
                log_probs = logits.log_softmax(dim=0).T.numpy()
                return ctc_beam_search(log_probs, tokens.blank, scorer, scorer.context, tuning.beam_size)

            rates[weight, bonus], seconds = measure(readings, search, tokens)
            show(f"weight {weight}, bonus {bonus}", rates[weight, bonus], seconds)
    return rates


@torch.inference_mode()
def read_logits(trained: TrainedRun, split: str, num_examples: int | None) -> Iterator[Reading]:
    """Yield the model's logits for each example of a split."""
    lit_model, num = trained.lit_model.eval(), 0
    for x, y in trained.data.val_dataloader() if split == "val" else trained.data.test_dataloader():
        for logits, labels in zip(lit_model(x).float(), y.tolist(), strict=True):
            if num == num_examples:
                return
            yield logits, labels
            num += 1


def measure(readings: list[Reading], read: Callable, tokens: tuple[int, ...]) -> tuple[float, float]:
    """Return the character error rate of a decoder, and its median time for an example in seconds."""
    metric, times = CharacterErrorRate(tokens), []
    for logits, labels in readings:
        start = time.perf_counter()
        metric.update([labels], [read(logits)])
        times.append(time.perf_counter() - start)
    return float(metric.compute()), float(np.median(times))


def show(name: str, rate: float, seconds: float) -> None:
    """Print one row of the table."""
    print(f"{name:<28} CER {rate:7.2%}   {1000 * seconds:6.0f} ms an example", flush=True)


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(tune, Tuning, __doc__, argv)


if __name__ == "__main__":
    main()
