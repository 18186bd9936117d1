"""Encodes an image of text with a ConvNeXt and decodes it with the modular decoder.

Letters in this file: B batch, H W image, K channels, H' W' map.
"""

from typing import Any

import torch

from text_recognizer.models.convnext import ConvNeXtEncoder, reduced
from text_recognizer.models.modular_encoder_decoder import ModularEncoderDecoder
from text_recognizer.util import UserError


class ConvTransformer(ModularEncoderDecoder):
    """A ConvNeXt, optionally a Transformer encoder on its map, and a decoder of exchangeable parts.

    The default map has a cell for 16 x 8 pixels: 4 x 128 cells for a line of 56 x 1024. For a page of 576 x 640,
    --convnext_mults=[1,2,4,8,32] --convnext_depths=[2,3,3,3,6] --convnext_factors=[[2,2],[2,2],[2,2],[2,1],[2,1]] give
    a map of 18 x 80 with 512 channels.

    Parameters
    ----------
    data_config
        The data's `config()`; its mapping holds the special tokens.
    convnext_dim
        Channels of the stem.
    convnext_mults
        Channels of each stage, as multiples of the stem's.
    convnext_depths
        Blocks of each stage.
    convnext_factors
        Height and width of the patch that each stage reduces to one place.
    convnext_heads
        Heads of the attention at the encoder's end; none if 0.
    """

    def __init__(
        self,
        data_config: dict[str, Any],
        convnext_dim: int = 16,
        convnext_mults: tuple[int, ...] = (2, 4, 8, 16),
        convnext_depths: tuple[int, ...] = (1, 1, 2, 2),
        convnext_factors: tuple[tuple[int, int], ...] = ((2, 2), (2, 2), (2, 2), (2, 1)),
        convnext_heads: int = 0,
        **kwargs: Any,
    ) -> None:
        if not len(convnext_mults) == len(convnext_depths) == len(convnext_factors) > 0:
            raise UserError(
                f"--convnext_mults={list(convnext_mults)} --convnext_depths={list(convnext_depths)} --convnext_factors="
                f"{[list(factor) for factor in convnext_factors]}: expected one entry per stage in each"
            )
        dims = [convnext_dim * mult for mult in convnext_mults]
        map_shape = reduced(data_config["input_dims"][1:], convnext_factors)
        super().__init__(data_config=data_config, map_shape=map_shape, map_dim=dims[-1], **kwargs)
        channels = data_config["input_dims"][0]
        self.encoder = ConvNeXtEncoder(channels, convnext_dim, dims, convnext_depths, convnext_factors, convnext_heads)

    def encode_map(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images -> (B, K, H', W') map."""
        return self.encoder(x)
