"""Multiplications are counted as a pencil counts them."""

import torch
from torch import nn

from text_recognizer.models import LineResNetLSTM
from training.benchmarks import line_models
from training.benchmarks.line_models import CONFIG, VARIANTS, count_multiplications


class Small(nn.Module):
    """A convolution, an LSTM and a linear layer."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, kernel_size=3, padding=1, bias=False)
        self.lstm = nn.LSTM(8, 5, bidirectional=True, batch_first=True)
        self.linear = nn.Linear(10, 3)

    def forward(self, x):
        columns = self.conv(x).flatten(1, 2).permute(0, 2, 1)  # (B, S, 8)
        return self.linear(self.lstm(columns)[0])


def test_multiplications_are_counted_layer_by_layer():
    conv, lstm, linear = 2 * 4 * 6 * 9, 6 * 2 * 4 * 5 * (8 + 5), 6 * 10 * 3
    assert count_multiplications(Small(), torch.rand(1, 1, 4, 6)) == conv + lstm + linear


def test_the_readers_variant_takes_at_most_twice_the_multiplications():
    image = torch.rand(1, 1, 56, 64)
    before, reader = (
        LineResNetLSTM(CONFIG, **VARIANTS[name]).eval() for name in ("as before", "--last_dim=256 --lstm_layers=2")
    )
    assert count_multiplications(reader, image) <= 2 * count_multiplications(before, image)
    assert 2 * sum(weight.numel() for weight in reader.parameters()) <= 10e6  # bytes in half precision


def test_the_command_prints_a_row_for_each_variant(monkeypatch, capsys):
    monkeypatch.setattr(line_models, "WIDTH", 64)
    monkeypatch.setattr(line_models, "NUM_ROUNDS", 1)
    line_models.main([])
    said = capsys.readouterr().out
    assert all(name in said for name in VARIANTS)
