"""Encodes an image of text by attention along rows and columns, and decodes it with the modular decoder.

Letters in this file: B batch, H W image, K channels, H' W' map.
"""

from typing import Any

import torch
from torch import nn

from text_recognizer.models.convnext import KERNEL_SIZE, ChannelNorm, SpaceToDepth, reduced
from text_recognizer.models.modular_encoder_decoder import ModularEncoderDecoder

FACTORS = ((2, 2), (2, 2), (2, 2), (2, 1))
MULTS = (2, 4, 8, 16)


class AxialLayer(nn.Module):
    """Attention along columns, attention along rows, and a feed-forward network, each with a residual connection.

    J. Ho, N. Kalchbrenner, D. Weissenborn and T. Salimans, "Axial Attention in Multidimensional Transformers", 2019. A
    cell attends to H' + W' others instead of H' W'.

    Parameters
    ----------
    channels
        K.
    num_heads
        Heads of both attentions, which divide K.
    """

    def __init__(self, channels: int, num_heads: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for _ in range(3))
        self.down, self.across = (nn.MultiheadAttention(channels, num_heads, batch_first=True) for _ in range(2))
        self.fc = nn.Sequential(nn.Linear(channels, 4 * channels), nn.GELU(), nn.Linear(4 * channels, channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, K, H', W') -> (B, K, H', W')."""
        x = x.permute(0, 2, 3, 1)  # (B, H', W', K)
        x = x + _along(self.down, self.norms[0](x).transpose(1, 2)).transpose(1, 2)
        x = x + _along(self.across, self.norms[1](x))
        return (x + self.fc(self.norms[2](x))).permute(0, 3, 1, 2)


class AxialTransformer(ModularEncoderDecoder):
    """ConvTransformer with axial attention in place of its convolutions; it reduces the map in the same way.

    Parameters
    ----------
    data_config
        The data's `config()`; its mapping holds the special tokens.
    axial_dim
        Channels of the stem; the map has sixteen times as many.
    axial_layers
        Number of axial layers.
    axial_heads
        Heads of each attention.
    """

    def __init__(
        self,
        data_config: dict[str, Any],
        axial_dim: int = 16,
        axial_layers: int = 4,
        axial_heads: int = 4,
        **kwargs: Any,
    ) -> None:
        channels = data_config["input_dims"][0]
        dims = [axial_dim * mult for mult in MULTS]
        map_shape = reduced(data_config["input_dims"][1:], FACTORS)
        super().__init__(data_config=data_config, map_shape=map_shape, map_dim=dims[-1], **kwargs)
        layers: list[nn.Module] = [nn.Conv2d(channels, axial_dim, KERNEL_SIZE, padding=KERNEL_SIZE // 2)]
        for before, dim, factor in zip((axial_dim, *dims), dims, FACTORS, strict=False):
            layers += [SpaceToDepth(before, dim, factor), nn.GELU()]
        layers += [AxialLayer(dims[-1], axial_heads) for _ in range(axial_layers)]
        self.encoder = nn.Sequential(*layers, ChannelNorm(dims[-1]))

    def encode_map(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images -> (B, K, H', W') map."""
        return self.encoder(x)


def _along(attention: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Apply attention within each row: (B, H', W', K) -> (B, H', W', K)."""
    rows = x.flatten(0, 1)
    return attention(rows, rows, rows, need_weights=False)[0].unflatten(0, x.shape[:2])
