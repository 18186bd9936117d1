"""LSTMs of several layers, split for the export: the same output, and the model itself untouched."""

import pytest
import torch
from torch import nn

from training.export.split_lstm import OneByOne, with_split_lstms


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("num_layers", [2, 3])
def test_layers_one_by_one_give_what_they_give_together(num_layers, bidirectional):
    lstm = nn.LSTM(5, 4, num_layers, batch_first=True, bidirectional=bidirectional).eval()
    x = torch.rand(2, 7, 5)
    torch.testing.assert_close(OneByOne(lstm)(x)[0], lstm(x)[0])


def test_only_a_model_with_several_layers_is_copied():
    model = nn.Sequential(nn.LSTM(5, 4, batch_first=True))
    assert with_split_lstms(model) is model
    model = nn.ModuleDict({"inner": nn.Sequential(nn.Linear(5, 5), nn.LSTM(5, 4, 2, batch_first=True))})
    split = with_split_lstms(model)
    assert isinstance(split["inner"][1], OneByOne)
    assert isinstance(model["inner"][1], nn.LSTM)
