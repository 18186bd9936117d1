import itertools
import math

import pytest
import pytorch_lightning as pl
import torch

from text_recognizer.data import BaseDataModule
from text_recognizer.data.util import BaseDataset
from text_recognizer.lit_models import CTCLitModel, ctc
from text_recognizer.models.base import Model
from text_recognizer.vocabulary import Tokenizer

MAPPING = ("<B>", "<S>", "<E>", "<P>", "a", "b", "c")
CONFIG = {"input_dims": (1, 4, 8), "output_dims": (4,), "mapping": MAPPING}
START, END, PADDING, A, B, C = 1, 2, 3, 4, 5, 6


class Reader(Model):
    """Gives the same logits (C, S) for every image."""

    def __init__(self, logits):
        super().__init__()
        self.logits = torch.nn.Parameter(logits)

    def forward(self, x):
        return self.logits.expand(len(x), -1, -1)


def ctc_loss(logits, *rows):
    return ctc.ctc_loss(logits.expand(len(rows), -1, -1), torch.tensor(rows), Tokenizer(MAPPING).special)


def brute_force(logits, text):
    """Add up the probability of every path that spells a text."""
    num_classes, num_windows = logits.shape
    probabilities = logits.softmax(dim=0)
    total = 0.0
    for path in itertools.product(range(num_classes), repeat=num_windows):
        merged = [label for label, _ in itertools.groupby(path)]
        if [label for label in merged if label != 0] == text:
            total += math.prod(probabilities[label, i].item() for i, label in enumerate(path))
    return -math.log(total) / max(len(text), 1)


@pytest.mark.parametrize("text", [[A], [A, B], [A, A], [A, B, A], [], [C, C]])
def test_the_loss_is_that_of_all_paths_together(text):
    torch.manual_seed(0)
    logits = torch.randn(len(MAPPING), 4)
    loss, impossible = ctc_loss(logits, text + [PADDING] * (4 - len(text)))
    assert loss.item() == pytest.approx(brute_force(logits, text), rel=1e-4)
    assert not impossible.any()


def test_start_and_end_tokens_do_not_change_the_loss():
    logits = torch.randn(len(MAPPING), 5)
    plain, _ = ctc_loss(logits, [A, B, PADDING, PADDING])
    with_tokens, _ = ctc_loss(logits, [START, A, B, END])
    assert torch.equal(plain, with_tokens)


def test_a_batch_of_empty_texts_has_a_loss_and_gradients():
    logits = torch.randn(len(MAPPING), 3, requires_grad=True)
    loss, impossible = ctc_loss(logits, [PADDING, PADDING], [START, END])
    loss.backward()
    assert loss.isfinite()
    assert logits.grad.isfinite().all()
    assert not impossible.any()


def test_texts_that_cannot_be_aligned_are_named_and_leave_loss_and_gradients_finite():
    logits = torch.randn(len(MAPPING), 3, requires_grad=True)
    loss, impossible = ctc_loss(logits, [A, B, C, PADDING], [A, B, C, A], [A, A, B, PADDING])
    assert impossible.tolist() == [False, True, True]
    loss.backward()
    assert loss.isfinite()
    assert logits.grad.isfinite().all()


class Rows(BaseDataModule):
    """Blank images whose labels are the rows given, the same for each split."""

    input_dims, output_dims, mapping, source = CONFIG["input_dims"], CONFIG["output_dims"], MAPPING, "rows"

    def __init__(self, rows):
        super().__init__(batch_size=2)
        self.rows = rows

    def load_splits(self):
        dataset = BaseDataset(torch.zeros(len(self.rows), 1, 4, 8), torch.tensor(self.rows))
        return dataset, dataset, dataset


def measure(logits, rows):
    trainer = pl.Trainer(
        accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False,
    )  # fmt: skip
    (metrics,) = trainer.test(CTCLitModel(Reader(logits), CONFIG), datamodule=Rows(rows), verbose=False)
    return metrics


def test_the_error_rate_counts_characters_over_all_batches():
    logits = torch.nn.functional.one_hot(torch.tensor([A, 0, B]), len(MAPPING)).float().T * 9  # reads "ab"
    rows = [[A, B, PADDING], [A, C, PADDING], [START, A, END]]
    assert measure(logits, rows)["test_cer"] == pytest.approx(2 / 5)


def test_texts_that_cannot_be_aligned_are_counted_and_said():
    logits = torch.zeros(len(MAPPING), 2)
    with pytest.warns(UserWarning, match=r"test batch 1, rows \[0\]: CTC cannot align"):
        metrics = measure(logits, [[A, B, PADDING], [A, PADDING, PADDING], [A, B, C]])
    assert metrics["test_unaligned"] == 1


@pytest.mark.parametrize(("kind", "expected"), [("mps", "cpu"), ("cuda", "cuda"), ("cpu", "cpu")])
def test_the_loss_is_computed_on_the_cpu_where_the_device_has_no_ctc(kind, expected):
    assert ctc.device_of_loss(torch.device(kind)).type == expected
