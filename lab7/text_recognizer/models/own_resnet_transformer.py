"""Reads an image of text with a residual network of any layout, and writes it with the modular decoder.

Letters in this file: B batch, H W image, K channels, H' W' map.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from text_recognizer.models.map_positions import MapPositions
from text_recognizer.models.modular_decoder import FeedForward, Norm, Positions
from text_recognizer.models.modular_encoder_decoder import ModularEncoderDecoder
from text_recognizer.util import UserError


class ListedBlock(nn.Module):
    """Two convolutions with batch norm, whose result is added to their input.

    Its norms keep running means, so what is read of an image does not depend on the others in its batch.

    Parameters
    ----------
    in_channels
        Channels of the input.
    out_channels
        Channels of the output.
    kernel_size
        Height and width of both kernels, an odd number.
    stride
        Step of the first, (vertical, horizontal).
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, stride: tuple[int, int]) -> None:
        super().__init__()
        padding = kernel_size // 2
        self.residual = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, kernel_size, padding=padding, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        keeps_shape = in_channels == out_channels and stride == (1, 1)
        self.shortcut = (
            nn.Identity()
            if keeps_shape
            else nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
            )
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, in_channels, H, W) -> (B, out_channels, H / stride[0], W / stride[1]), rounded up."""
        return (self.shortcut(x) + self.residual(x)).relu()


class OwnResNetTransformer(ModularEncoderDecoder):
    """A residual network given by lists, a block for each entry, and a decoder in the manner of GPT-2.

    Its positions are learned, those of the tokens and of the map's cells; there is no dropout; the table of embeddings
    and the last linear layer are two. The parameters that are not explained here are those of ConvTransformer.

    Parameters
    ----------
    data_config
        The data's `config()`; its mapping holds the special tokens.
    resnet_channels
        Channels of each block.
    resnet_kernels
        Height and width of the kernels of each block, odd numbers.
    resnet_strides
        Step of each block, (vertical, horizontal).
    tf_dropout
        Share of the Transformer's values that are silenced at each training step.
    map_positions
        How a cell of the map learns where it stands.
    decoder_norm
        What stands before each part of a layer of the decoder.
    decoder_feed_forward
        The small network of a layer of the decoder.
    decoder_positions
        How a token learns where it stands.
    single_key_value
        One head of keys and values for all heads of queries.
    """

    def __init__(
        self,
        data_config: dict[str, Any],
        resnet_channels: tuple[int, ...] = (32, 64, 128, 256),
        resnet_kernels: tuple[int, ...] = (5, 3, 3, 3),
        resnet_strides: tuple[tuple[int, int], ...] = ((2, 2), (2, 2), (2, 2), (2, 1)),
        tf_dropout: float = 0.0,
        map_positions: MapPositions = "learned",
        decoder_norm: Norm = "layer_norm",
        decoder_feed_forward: FeedForward = "gelu",
        decoder_positions: Positions = "learned",
        single_key_value: bool = False,
        **kwargs: Any,
    ) -> None:
        check_lists(resnet_channels, resnet_kernels, resnet_strides)
        channels, height, width = data_config["input_dims"]
        for down, across in resnet_strides:
            height, width = math.ceil(height / down), math.ceil(width / across)
        super().__init__(
            data_config=data_config,
            map_shape=(height, width),
            map_dim=resnet_channels[-1],
            tf_dropout=tf_dropout,
            map_positions=map_positions,
            decoder_norm=decoder_norm,
            decoder_feed_forward=decoder_feed_forward,
            decoder_positions=decoder_positions,
            single_key_value=single_key_value,
            **kwargs,
        )
        before = (channels, *resnet_channels)
        blocks = zip(before, resnet_channels, resnet_kernels, resnet_strides, strict=False)
        self.resnet = nn.Sequential(*(ListedBlock(*block) for block in blocks))

    def encode_map(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images -> (B, K, H', W') map."""
        return self.resnet(x)


def check_lists(channels: Sequence[int], kernels: Sequence[int], strides: Sequence[tuple[int, int]]) -> None:
    """Refuse lists of different lengths, and kernels without a middle."""
    if not len(channels) == len(kernels) == len(strides) > 0 or any(kernel % 2 == 0 for kernel in kernels):
        raise UserError(
            f"--resnet_channels={list(channels)} --resnet_kernels={list(kernels)} --resnet_strides="
            f"{[list(stride) for stride in strides]}: expected as many numbers in each, one for each block, and odd "
            "kernels"
        )
