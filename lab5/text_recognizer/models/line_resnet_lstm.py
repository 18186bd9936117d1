"""Reads a line with residual convolutions and an LSTM, in narrow columns.

Letters in this file: B batch, H W image, H' rows and S columns of the map, E embedding, L LSTM width, C classes.
"""

from typing import Any

import torch
from torch import nn

from text_recognizer.models.resnet import ResNetEncoder

# A letter of IAM is about 12 pixels wide at a line height of 56. Columns of 4 pixels leave CTC room for each letter and
# a blank beside it; those of 8 leave one column and a half.
STRIDES = ((2, 2), (2, 2), (2, 1), (2, 1))


class LineResNetLSTM(nn.Module):
    """Lab 2's residual network, the largest value of each column, and an LSTM in both directions, for CTC.

    The network makes an image sixteen times lower, but only four times narrower: S = W / 4, rounded up. Taking the
    largest value over the rows, rather than a convolution over all of them, lets a letter stand a little higher or
    lower (Retsinas, Sfikas, Gatos and Nikou, "Best Practices for a Handwritten Text Recognition System", 2022).

    Parameters
    ----------
    data_config
        The data's `config()`.
    stem_dim
        Channels at full resolution, where they cost most; the later stages have four and eight times as many.
    res_blocks
        Residual blocks in each of the four stages.
    lstm_dim
        Width of the LSTM in each direction.
    lstm_layers
        Number of LSTM layers.
    dropout
        Share of values that are silenced before and behind the LSTM, and between its layers, in training.
    """

    def __init__(
        self,
        data_config: dict[str, Any],
        stem_dim: int = 16,
        res_blocks: int = 1,
        lstm_dim: int = 256,
        lstm_layers: int = 1,
        dropout: float = 0.25,
    ) -> None:
        super().__init__()
        self.pixels_per_cell = (data_config["input_dims"][1], 4)  # height and width; lines of any width are read
        dims = (stem_dim, 4 * stem_dim, 8 * stem_dim, 8 * stem_dim)
        self.encoder = ResNetEncoder(data_config["input_dims"][0], dims, STRIDES, res_blocks)
        self.dropout = nn.Dropout(dropout)
        self.lstm = nn.LSTM(
            input_size=dims[-1],
            hidden_size=lstm_dim,
            num_layers=lstm_layers,
            dropout=dropout if lstm_layers > 1 else 0.0,  # PyTorch's own works between layers only
            bidirectional=True,
            batch_first=True,
        )
        self.classifier = nn.Linear(2 * lstm_dim, len(data_config["mapping"]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images of lines -> (B, C, S) logits."""
        columns = self.encoder(x).amax(dim=2)  # (B, E, H', S) -> (B, E, S)
        columns = self.dropout(columns.permute(0, 2, 1))  # (B, S, E)
        features, _ = self.lstm(columns)  # (B, S, 2 L)
        return self.classifier(self.dropout(features)).permute(0, 2, 1)  # (B, C, S)
