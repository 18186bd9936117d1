"""A convolutional encoder like ConvNeXt.

Letters in this file: B batch, H W image or map, K channels, N heads, D = K / N.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from text_recognizer.util import UserError

KERNEL_SIZE = 7
EXPANSION = 2  # factor of the channels within a block
COSINE_SCALE = 8.0  # factor of the products of unit vectors, which alone are too similar for a softmax


class ChannelNorm(nn.Module):
    """Layer norm over the channels at each place of a map, without a bias.

    Parameters
    ----------
    channels
        K.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, K, H, W) -> (B, K, H, W)."""
        variance, mean = torch.var_mean(x, dim=1, keepdim=True, correction=0)
        return (x - mean) * torch.rsqrt(variance + 1e-5) * self.weight


class ConvNeXtBlock(nn.Module):
    """A large depthwise convolution, then two convolutions that mix channels, with a residual connection.

    Z. Liu et al., "A ConvNet for the 2020s", 2022, with 3 x 3 convolutions where theirs have 1 x 1, as in
    P. Wang's "x-unet".

    Parameters
    ----------
    channels
        K.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, channels, KERNEL_SIZE, padding=KERNEL_SIZE // 2, groups=channels),
            ChannelNorm(channels),
            nn.Conv2d(channels, EXPANSION * channels, 3, padding=1),
            nn.GELU(),
            nn.Conv2d(EXPANSION * channels, channels, 3, padding=1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, K, H, W) -> (B, K, H, W)."""
        return x + self.layers(x)


class SpaceToDepth(nn.Module):
    """Reduces a map without losing values: the pixels of a patch become channels of one place, which are then mixed.

    Parameters
    ----------
    in_channels
        K of the input.
    out_channels
        K of the output.
    factor
        Height and width of a patch.
    """

    def __init__(self, in_channels: int, out_channels: int, factor: tuple[int, int]) -> None:
        super().__init__()
        self.factor = factor
        self.mix = nn.Conv2d(in_channels * factor[0] * factor[1], out_channels, kernel_size=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, in_channels, H, W) -> (B, out_channels, H / factor[0], W / factor[1]), rounded up."""
        down, across = self.factor
        x = F.pad(x, (0, -x.shape[3] % across, 0, -x.shape[2] % down))
        x = x.unflatten(3, (-1, across)).unflatten(2, (-1, down))  # (B, K, H', down, W', across)
        return self.mix(x.permute(0, 1, 3, 5, 2, 4).flatten(1, 3))  # (B, K * down * across, H', W')


class MapAttention(nn.Module):
    """Self-attention over all places of a map and a feed-forward network, each with a residual connection.

    Queries and keys have length 1, so that their products are bounded (A. Henry et al., "Query-Key Normalization for
    Transformers", 2020).

    Parameters
    ----------
    channels
        K.
    num_heads
        N, which divides K.
    """

    def __init__(self, channels: int, num_heads: int) -> None:
        super().__init__()
        if channels % num_heads:
            raise UserError(f"attention with {num_heads} heads over {channels} channels: expected a multiple of them")
        self.num_heads = num_heads
        self.norm = ChannelNorm(channels)
        self.query_key_value = nn.Conv2d(channels, 3 * channels, kernel_size=1, bias=False)
        self.out = nn.Conv2d(channels, channels, kernel_size=1)
        self.fc = nn.Sequential(
            ChannelNorm(channels), nn.Conv2d(channels, 4 * channels, 1), nn.GELU(), nn.Conv2d(4 * channels, channels, 1)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, K, H, W) -> (B, K, H, W)."""
        parts = self.query_key_value(self.norm(x)).flatten(2).unflatten(1, (3, self.num_heads, -1))
        queries, keys, values = parts.transpose(3, 4).unbind(dim=1)  # (B, N, H W, D) each
        queries, keys = F.normalize(queries, dim=-1), F.normalize(keys, dim=-1)
        looked = F.scaled_dot_product_attention(queries, keys, values, scale=COSINE_SCALE)
        x = x + self.out(looked.transpose(2, 3).flatten(1, 2).unflatten(2, x.shape[2:]))  # (B, K, H, W)
        return x + self.fc(x)


class ConvNeXtEncoder(nn.Module):
    """A stem, and stages that each reduce the map and then apply some blocks.

    The reduction comes first in a stage: blocks on the larger map would cost four times as many multiplications.

    Parameters
    ----------
    in_channels
        Channels of the image.
    stem_dim
        Channels of the stem.
    dims
        Channels of each stage.
    depths
        Blocks of each stage.
    factors
        Height and width of the patch that each stage reduces to one place.
    num_heads
        Heads of the attention at the end; no attention if 0.
    """

    def __init__(
        self,
        in_channels: int,
        stem_dim: int,
        dims: Sequence[int],
        depths: Sequence[int],
        factors: Sequence[tuple[int, int]],
        num_heads: int = 0,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(in_channels, stem_dim, KERNEL_SIZE, padding=KERNEL_SIZE // 2)]
        channels = stem_dim
        for dim, depth, factor in zip(dims, depths, factors, strict=True):
            layers += [SpaceToDepth(channels, dim, factor), *(ConvNeXtBlock(dim) for _ in range(depth))]
            channels = dim
        if num_heads:
            layers.append(MapAttention(channels, num_heads))
        self.layers = nn.Sequential(*layers, ChannelNorm(channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, in_channels, H, W) -> (B, dims[-1], H', W'): each factor divides the map, rounded up."""
        return self.layers(x)


def reduced(size: tuple[int, int], factors: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return the height and width of a map after some reductions, each of which rounds up."""
    for down, across in factors:
        size = math.ceil(size[0] / down), math.ceil(size[1] / across)
    return size
