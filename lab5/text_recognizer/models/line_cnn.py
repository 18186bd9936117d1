"""Reads a whole line at once with convolutions.

Letters in this file: B batch, H W image, S windows, E embedding, C classes.
"""

from typing import Any

import torch
from torch import nn

from text_recognizer.models.base import Model
from text_recognizer.util import UserError

REDUCTION = 8  # three convolutions with stride 2


class ConvBlock(nn.Module):
    """A convolution, batch norm (Ioffe and Szegedy 2015) and ReLU.

    Parameters
    ----------
    in_channels
        Channels of the input.
    out_channels
        Channels of the output.
    kernel_size
        Height and width of the kernel.
    stride
        Vertical and horizontal step.
    padding
        Zeros around the image.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: tuple[int, int] = (3, 3),
        stride: tuple[int, int] = (1, 1),
        padding: int = 1,
    ) -> None:
        super().__init__()
        conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, bias=False)
        nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
        self.layers = nn.Sequential(conv, nn.BatchNorm2d(out_channels), nn.ReLU())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, in_channels, H, W) -> (B, out_channels, H', W')."""
        return self.layers(x)


class LineCNNEncoder(nn.Module):
    """Turns a line into a row of S feature vectors.

    Three strided convolutions shrink the image by a factor of eight, to H' x W'; each halving rounds up. The window of
    the last convolution covers the whole height H', is w = window_width // 8 columns wide and moves by
    s = window_stride // 8 columns, so S = (W' - w) // s + 1. Window and stride are therefore rounded down to multiples
    of 8 pixels: 28 works like 24.

    Parameters
    ----------
    input_dims
        Shape of an image, (channels, H, W).
    conv_dim
        Channels of the first convolutions; the later ones have two and four times as many.
    fc_dim
        E, the length of a feature vector.
    window_width
        Width of the window in pixels.
    window_stride
        Pixels from one window to the next.
    """

    def __init__(
        self, input_dims: tuple[int, ...], conv_dim: int, fc_dim: int, window_width: int, window_stride: int
    ) -> None:
        super().__init__()
        channels, height, width = input_dims
        columns, step = window_width // REDUCTION, window_stride // REDUCTION
        map_height, map_width = _reduced(height), _reduced(width)
        if not (1 <= columns <= map_width and step >= 1):
            raise UserError(
                f"--window_width={window_width} --window_stride={window_stride}: expected a width of {REDUCTION} to "
                f"{map_width * REDUCTION} and a stride of {REDUCTION} or more, for the network counts in steps of "
                f"{REDUCTION} pixels"
            )
        self.num_windows = (map_width - columns) // step + 1
        self.layers = nn.Sequential(
            ConvBlock(channels, conv_dim),
            ConvBlock(conv_dim, conv_dim),
            ConvBlock(conv_dim, conv_dim, stride=(2, 2)),
            ConvBlock(conv_dim, conv_dim),
            ConvBlock(conv_dim, 2 * conv_dim, stride=(2, 2)),
            ConvBlock(2 * conv_dim, 2 * conv_dim),
            ConvBlock(2 * conv_dim, 4 * conv_dim, stride=(2, 2)),
            ConvBlock(4 * conv_dim, 4 * conv_dim),
            ConvBlock(4 * conv_dim, fc_dim, kernel_size=(map_height, columns), stride=(1, step), padding=0),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images of lines -> (B, S, E) features."""
        x = self.layers(x)  # (B, E, 1, S)
        return x.squeeze(2).permute(0, 2, 1)  # (B, S, E)


class LineCNN(Model):
    """A convolutional network that classifies each window of a line, with a view of its surroundings.

    Parameters
    ----------
    data_config
        The data's `config()`.
    conv_dim
        Channels of the first convolutions; the later ones have two and four times as many.
    fc_dim
        Length of the feature vector of a window.
    window_width
        Width of the window in pixels; counts in steps of 8.
    window_stride
        Pixels from one window to the next; counts in steps of 8.
    fc_dropout
        Share of features that are silenced before the last layer at each training step.
    limit_output_length
        Drop the readings beyond the data's longest row of labels.
    """

    def __init__(
        self,
        data_config: dict[str, Any],
        conv_dim: int = 32,
        fc_dim: int = 512,
        window_width: int = 16,
        window_stride: int = 8,
        fc_dropout: float = 0.2,
        limit_output_length: bool = False,
    ) -> None:
        super().__init__()
        self.encoder = LineCNNEncoder(data_config["input_dims"], conv_dim, fc_dim, window_width, window_stride)
        self.limit_length = data_config["output_dims"][0] if limit_output_length else None
        self.classifier = nn.Sequential(
            nn.Linear(fc_dim, fc_dim),
            nn.ReLU(),
            nn.Dropout(fc_dropout),
            nn.Linear(fc_dim, len(data_config["mapping"])),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images of lines -> (B, C, S) logits."""
        logits = self.classifier(self.encoder(x))  # (B, S, C)
        return logits[:, : self.limit_length].permute(0, 2, 1)  # (B, C, S)


def _reduced(size: int) -> int:
    """Return a length after three convolutions with stride 2, kernel 3 and padding 1: each halves it, rounding up."""
    return -(-size // REDUCTION)
