"""Reads a line with convolutions and a bidirectional LSTM.

Letters in this file: B batch, H W image, S windows, L LSTM width, C classes.
"""

from typing import Any

import torch
from torch import nn

from text_recognizer.models.base import Model
from text_recognizer.models.line_cnn import LineCNN


class LineCNNLSTM(Model):
    """A LineCNN followed by a bidirectional LSTM, which gives each window the context on both sides.

    Parameters
    ----------
    data_config
        The data's `config()`.
    lstm_dim
        Width of the LSTM in each direction.
    lstm_layers
        Number of LSTM layers.
    lstm_dropout
        Share of values that are silenced between the layers, and before the last linear layer, in training.
    """

    def __init__(
        self,
        data_config: dict[str, Any],
        lstm_dim: int = 512,
        lstm_layers: int = 1,
        lstm_dropout: float = 0.2,
        **kwargs: Any,
    ) -> None:
        super().__init__()
        num_classes = len(data_config["mapping"])
        self.line_cnn = LineCNN(data_config, **kwargs)
        self.lstm = nn.LSTM(
            input_size=num_classes,
            hidden_size=lstm_dim,
            num_layers=lstm_layers,
            dropout=lstm_dropout if lstm_layers > 1 else 0.0,  # PyTorch's own works between layers only
            bidirectional=True,
            batch_first=True,
        )
        self.dropout = nn.Dropout(lstm_dropout)
        self.classifier = nn.Linear(lstm_dim, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images of lines -> (B, C, S) logits."""
        readings = self.line_cnn(x).permute(0, 2, 1)  # (B, S, C)
        both, _ = self.lstm(readings)  # (B, S, 2 L)
        forward, backward = both.chunk(2, dim=2)  # (B, S, L) each
        logits = self.classifier(self.dropout(forward + backward))  # (B, S, C)
        return logits.permute(0, 2, 1)  # (B, C, S)
