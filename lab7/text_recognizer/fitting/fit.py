"""Trains a line model further on a few lines of one handwriting, and counts its errors on others.

Letters in this file: B batch, S W strip, C classes, T frames.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from text_recognizer.fitting.examples import Example
from text_recognizer.images.augment import Augment
from text_recognizer.images.constants import WHITE
from text_recognizer.recognizer.load import load_language
from text_recognizer.recognizer.result import tokens_of_cells
from text_recognizer.recognizer.torch_reader import TorchReader


@dataclass(frozen=True)
class FitSettings:
    """The settings of fitting.

    Parameters
    ----------
    epochs
        Passes over the lines, each with new augmentation.
    lr
        The highest learning rate: a tenth of the model's own, so that it forgets little.
    batch_size
        Lines in a batch.
    minutes
        The longest time of training.
    seed
        Seed of the split, the order and the augmentation of lines.
    """

    epochs: int = 40
    lr: float = 2e-4
    batch_size: int = 4
    minutes: float = 8.0
    seed: int = 42


class LineModel:
    """A line model that can be trained, and reads like the recogniser, with its language model.

    Parameters
    ----------
    dirname
        The line model's artifact.
    """

    def __init__(self, dirname: Path) -> None:
        self.reader = TorchReader(dirname)
        self.tokenizer = self.reader.tokenizer
        language = load_language(dirname, self.reader)
        self.tokens_of_cells = language.tokens_of_cells if language else partial(tokens_of_cells, merge=True)

    @property
    def model(self) -> nn.Module:
        """The network."""
        return self.reader.model

    def knows(self, text: str) -> bool:
        """Tell whether all characters of a text are in the model's vocabulary."""
        return set(text) <= self.tokenizer.label_of.keys()

    def read(self, pixels: np.ndarray) -> str:
        """Read a strip (S, W) uint8."""
        tokens = self.tokens_of_cells(self.reader.read_cells(self._padded(pixels)))
        return self.tokenizer.decode([one.token for one in tokens])

    def loss(self, strips: Sequence[np.ndarray], texts: Sequence[str]) -> torch.Tensor:
        """Return the CTC loss of a batch, per character."""
        width = max(strip.shape[1] for strip in strips)
        batch = np.stack([self._padded(np.pad(one, ((0, 0), (0, width - one.shape[1])))) for one in strips])
        x = torch.from_numpy(batch)[:, None].float() / WHITE  # (B, 1, S, W)
        logits = self.model(x)  # (B, C, T)
        labels = [torch.tensor(self.tokenizer.labels_of(text)) for text in texts]
        return F.ctc_loss(
            logits.log_softmax(dim=1).permute(2, 0, 1),  # (T, B, C)
            torch.cat(labels),
            torch.full((len(texts),), logits.shape[2]),
            torch.tensor([len(one) for one in labels]),
            blank=self.tokenizer.blank,
            zero_infinity=True,
        )

    def _padded(self, pixels: np.ndarray) -> np.ndarray:
        """Pad a strip to a whole number of frames."""
        assert self.reader.pixels_per_cell is not None
        return np.pad(pixels, ((0, 0), (0, -pixels.shape[1] % self.reader.pixels_per_cell[1])))


def train(
    model: LineModel,
    examples: Sequence[Example],
    settings: FitSettings,
    tell: Callable[[str], None] = lambda text: None,
) -> int:
    """Train a model further; return the number of epochs.

    The running statistics of batch normalisation stay fixed, because a few lines would give poor ones.
    """
    torch.manual_seed(settings.seed)  # dropout
    rng = np.random.default_rng(settings.seed)
    augment = Augment.for_lines()
    start = time.monotonic()
    network = model.model.requires_grad_(True)
    optimizer = torch.optim.AdamW(network.parameters(), lr=settings.lr, weight_decay=0.01)
    steps = settings.epochs * -(-len(examples) // settings.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.lr, total_steps=max(2, steps))
    epoch = 0
    for epoch in range(1, settings.epochs + 1):
        network.train()
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        losses = []
        for batch in _batches(examples, settings.batch_size, rng):
            loss = model.loss([augment(one.pixels, rng) for one in batch], [one.text for one in batch])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(float(loss.detach()))
        tell(f"epoch {epoch}/{settings.epochs}: loss {np.mean(losses):.3f}, {time.monotonic() - start:.0f} s")
        if time.monotonic() - start > 60 * settings.minutes:
            break
    network.eval().requires_grad_(False)
    return epoch


def _batches(examples: Sequence[Example], size: int, rng: np.random.Generator) -> Iterator[list[Example]]:
    order = rng.permutation(len(examples))
    for start in range(0, len(order), size):
        yield [examples[i] for i in order[start : start + size]]


def count_errors(model: LineModel, examples: Sequence[Example]) -> tuple[int, int]:
    """Return the number of edits between references and readings, and the number of reference characters."""
    edits = sum(edit_distance(one.text, model.read(one.pixels)) for one in examples)
    return edits, sum(len(one.text) for one in examples)


def edit_distance(reference: str, hypothesis: str) -> int:
    """Return the number of insertions, deletions and substitutions (V. I. Levenshtein, 1966).

    It is written here because the recogniser does not require the package with which the labs count edits.
    """
    row = list(range(len(hypothesis) + 1))
    for i, one in enumerate(reference, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(hypothesis, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (one != other))
    return row[-1]


def weights_of(model: LineModel) -> dict[str, Any]:
    """Return the weights in half precision, as artifacts store them."""
    state = model.model.state_dict()
    return {key: value.half() if value.is_floating_point() else value for key, value in state.items()}
