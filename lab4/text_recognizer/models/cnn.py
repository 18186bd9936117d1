"""A small convolutional network.

Letters in this file: B batch, H W image, C classes.
"""

from typing import Any

import torch
from torch import nn

from text_recognizer.models.base import Model


class ConvBlock(nn.Module):
    """A 3 x 3 convolution that keeps the image's size, and ReLU."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1)
        self.relu = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, in_channels, H, W) -> (B, out_channels, H, W)."""
        return self.relu(self.conv(x))


class CNN(Model):
    """Two convolutions, one pooling, two linear layers; takes images of any one size.

    Parameters
    ----------
    data_config
        The data's `config()`.
    conv_dim
        Number of channels of the convolutions.
    fc_dim
        Width of the hidden linear layer.
    conv_dropout
        Share of values that are silenced after the convolutions at each training step.
    """

    def __init__(
        self, data_config: dict[str, Any], conv_dim: int = 64, fc_dim: int = 128, conv_dropout: float = 0.25
    ) -> None:
        super().__init__()
        channels, height, width = data_config["input_dims"]
        self.features = nn.Sequential(
            ConvBlock(channels, conv_dim),
            ConvBlock(conv_dim, conv_dim),
            nn.MaxPool2d(2),
            nn.Dropout(conv_dropout),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(conv_dim * (height // 2) * (width // 2), fc_dim),
            nn.ReLU(),
            nn.Linear(fc_dim, len(data_config["mapping"])),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images -> (B, C) logits."""
        x = self.features(x)  # (B, conv_dim, H/2, W/2)
        return self.classifier(x)
