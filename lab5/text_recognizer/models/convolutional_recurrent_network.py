"""Reads each of a line's overlapping windows by itself, and joins the results with a recurrent network.

Letters in this file: B batch, H W image, S windows, E embedding, R width of the recurrent network, C classes.
"""

from typing import Any, Literal

import torch
from torch import nn

from text_recognizer.models.base import Model
from text_recognizer.models.line_cnn import ConvBlock
from text_recognizer.util import UserError

CELLS: dict[str, type[nn.LSTM] | type[nn.GRU]] = {"lstm": nn.LSTM, "gru": nn.GRU}


class ConvolutionalRecurrentNetwork(Model):
    """A small convolutional network for each window of a line, then an LSTM or GRU in both directions, for CTC.

    The windows overlap, so that each letter lies whole in at least one of them; the recurrent network finds out which
    windows show the same letter (B. Shi, X. Bai and C. Yao, "An End-to-End Trainable Neural Network for Image-based
    Sequence Recognition", 2015, who have no windows). A LineCNN computes the features of overlapping windows once; here
    each window is computed by itself, which costs more.

    Parameters
    ----------
    data_config
        The data's `config()`.
    crnn_window_width
        Width of a window in pixels.
    crnn_window_stride
        Pixels from one window to the next.
    crnn_conv_dim
        Channels of the first convolution of a window; the later ones have two and four times as many.
    crnn_cell
        Kind of the recurrent network.
    crnn_dim
        Width of the recurrent network in each direction.
    crnn_layers
        Number of its layers.
    crnn_dropout
        Share of values that are silenced before and after it in training.
    """

    def __init__(
        self,
        data_config: dict[str, Any],
        crnn_window_width: int = 28,
        crnn_window_stride: int = 14,
        crnn_conv_dim: int = 16,
        crnn_cell: Literal["lstm", "gru"] = "lstm",
        crnn_dim: int = 128,
        crnn_layers: int = 1,
        crnn_dropout: float = 0.2,
    ) -> None:
        super().__init__()
        channels, height, width = data_config["input_dims"]
        if not (8 <= crnn_window_width <= width and crnn_window_stride >= 1):
            raise UserError(
                f"--crnn_window_width={crnn_window_width} --crnn_window_stride={crnn_window_stride}: expected a width "
                f"of 8 to {width}, the image's own, and a stride of 1 or more"
            )
        self.window_width, self.window_stride = crnn_window_width, crnn_window_stride
        dims = (crnn_conv_dim, 2 * crnn_conv_dim, 4 * crnn_conv_dim)
        self.cnn = nn.Sequential(
            *(ConvBlock(before, dim, stride=(2, 2)) for before, dim in zip((channels, *dims), dims, strict=False)),
            nn.Flatten(),
        )
        num_features = dims[-1] * -(-height // 8) * -(-crnn_window_width // 8)  # each halving rounds up
        self.dropout = nn.Dropout(crnn_dropout)
        self.recurrent = CELLS[crnn_cell](
            num_features,
            crnn_dim,
            num_layers=crnn_layers,
            dropout=crnn_dropout if crnn_layers > 1 else 0.0,
            bidirectional=True,
            batch_first=True,
        )
        self.classifier = nn.Linear(2 * crnn_dim, len(data_config["mapping"]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images of lines -> (B, C, S) logits; S = (W - window width) // stride + 1."""
        windows = x.unfold(3, self.window_width, self.window_stride).permute(0, 3, 1, 2, 4)  # (B, S, 1, H, width)
        readings = self.cnn(windows.flatten(0, 1)).unflatten(0, windows.shape[:2])  # (B S, E) -> (B, S, E)
        features, _ = self.recurrent(self.dropout(readings))  # (B, S, 2 R)
        return self.classifier(self.dropout(features)).permute(0, 2, 1)  # (B, C, S)
