"""From lab 2 on a model may read a row of labels, and keep its channels last in memory."""

import pytest
import torch

from text_recognizer.lit_models import BaseLitModel
from text_recognizer.models.base import Model
from text_recognizer.util import UserError

ROWS = {"input_dims": (1, 4, 4), "output_dims": (3,), "mapping": ("a", "b", "c")}


class RowModel(Model):
    """Gives the same logits (B, C, S) for every image."""

    def __init__(self, logits):
        super().__init__()
        self.logits = torch.nn.Parameter(logits)

    def forward(self, x):
        return self.logits.expand(len(x), -1, -1)


def test_a_model_that_takes_labels_is_refused():
    model = RowModel(torch.zeros(1, 3, 3))
    model.takes_labels = True
    with pytest.raises(UserError, match="RowModel takes images and labels, which this --loss does not give it"):
        BaseLitModel(model, ROWS)


def test_outputs_that_do_not_match_the_labels_are_refused_with_both_shapes():
    lit_model = BaseLitModel(RowModel(torch.zeros(1, 3, 5)), ROWS)
    with pytest.raises(UserError, match=r"\(2, 3, 5\) for labels of shape \(2, 3\)"):
        lit_model._loss(lit_model(torch.zeros(2, 1, 4, 4)), torch.zeros(2, 3, dtype=torch.long))


class Convolution(Model):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(2, 4, 3)

    def forward(self, x):
        return self.conv(x)


def test_channels_last_reaches_weights_and_images():
    seen = []
    model = Convolution()
    model.conv.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    lit_model = BaseLitModel(model, ROWS, channels_last=True)
    lit_model(torch.rand(2, 2, 8, 8))
    assert model.conv.weight.is_contiguous(memory_format=torch.channels_last)
    assert seen[0].is_contiguous(memory_format=torch.channels_last)
