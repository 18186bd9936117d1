"""A small residual network of our own (He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition", 2015).

Letters in this file: B batch, H W image, H' W' feature map, E embedding, C classes.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from text_recognizer.models.base import Model


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions whose result is added to their input.

    Parameters
    ----------
    in_channels
        Channels of the input.
    out_channels
        Channels of the output.
    stride
        Step of the first convolution, (vertical, horizontal).
    """

    def __init__(self, in_channels: int, out_channels: int, stride: tuple[int, int] = (1, 1)) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            *_conv_and_norm(in_channels, out_channels, kernel_size=3, stride=stride),
            nn.ReLU(),
            *_conv_and_norm(out_channels, out_channels, kernel_size=3),
        )
        keeps_shape = in_channels == out_channels and stride == (1, 1)
        self.shortcut = (
            nn.Identity()
            if keeps_shape
            else nn.Sequential(*_conv_and_norm(in_channels, out_channels, kernel_size=1, stride=stride))
        )
        self.relu = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, in_channels, H, W) -> (B, out_channels, H / stride[0], W / stride[1]), rounded up."""
        return self.relu(self.shortcut(x) + self.residual(x))


class ResNetEncoder(nn.Module):
    """Turns an image into a map of features.

    Parameters
    ----------
    in_channels
        Channels of the image.
    dims
        Channels of each stage; the last is E.
    strides
        Step with which each stage begins, (vertical, horizontal).
    num_blocks
        Residual blocks in each stage.
    """

    def __init__(
        self, in_channels: int, dims: Sequence[int], strides: Sequence[tuple[int, int]], num_blocks: int
    ) -> None:
        super().__init__()
        layers = [*_conv_and_norm(in_channels, dims[0], kernel_size=3), nn.ReLU()]
        channels = dims[0]
        for dim, stride in zip(dims, strides, strict=True):
            for i in range(num_blocks):
                layers.append(ResidualBlock(channels, dim, stride if i == 0 else (1, 1)))
                channels = dim
        self.layers = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, in_channels, H, W) -> (B, E, H', W'): H and W divided by the product of the strides, rounded up."""
        return self.layers(x)


class ResNet(Model):
    """Three stages of residual blocks, the mean over the map, one linear layer; takes images of any size.

    Parameters
    ----------
    data_config
        The data's `config()`.
    res_dim
        Channels of the first stage; each later stage has twice as many.
    res_blocks
        Residual blocks in each stage.
    res_dropout
        Share of features that are silenced before the last layer at each training step.
    """

    def __init__(
        self, data_config: dict[str, Any], res_dim: int = 32, res_blocks: int = 1, res_dropout: float = 0.1
    ) -> None:
        super().__init__()
        dims = (res_dim, 2 * res_dim, 4 * res_dim)
        self.encoder = ResNetEncoder(data_config["input_dims"][0], dims, ((2, 2), (2, 2), (2, 2)), res_blocks)
        self.dropout = nn.Dropout(res_dropout)
        self.classifier = nn.Linear(dims[-1], len(data_config["mapping"]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images -> (B, C) logits."""
        features = self.encoder(x)  # (B, E, H/8, W/8)
        return self.classifier(self.dropout(features.mean(dim=(2, 3))))  # (B, E) -> (B, C)


def _conv_and_norm(
    in_channels: int, out_channels: int, kernel_size: int, stride: tuple[int, int] = (1, 1)
) -> list[nn.Module]:
    """Return a convolution and a batch norm; the convolution needs no bias, because the norm has one."""
    conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding=kernel_size // 2, bias=False)
    nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
    return [conv, nn.BatchNorm2d(out_channels)]
