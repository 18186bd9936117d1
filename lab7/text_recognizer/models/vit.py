"""Encodes the patches of an image of text without convolutions, and decodes with the modular decoder.

Letters in this file: B batch, H W image, H' W' patches, P pixels of a patch, E embedding.
"""

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from text_recognizer.models.modular_encoder_decoder import ModularEncoderDecoder
from text_recognizer.util import UserError


class Vit(ModularEncoderDecoder):
    """A Vision Transformer whose patches are rectangles, by default columns as high as the image.

    A. Dosovitskiy et al., "An Image is Worth 16x16 Words", 2020. It has no bias towards local structure, so it needs
    more training lines than a network with convolutions.

    Parameters
    ----------
    data_config
        The data's `config()`; its mapping holds the special tokens.
    vit_patch_height
        Height of a patch in pixels; the height of the image if null.
    vit_patch_width
        Width of a patch in pixels.
    tf_encoder_layers
        Number of layers of the Transformer encoder.
    """

    def __init__(
        self,
        data_config: dict[str, Any],
        vit_patch_height: int | None = None,
        vit_patch_width: int = 8,
        tf_encoder_layers: int = 4,
        **kwargs: Any,
    ) -> None:
        channels, height, width = data_config["input_dims"]
        patch_height = height if vit_patch_height is None else vit_patch_height
        if not (1 <= patch_height <= height and 1 <= vit_patch_width <= width):
            raise UserError(
                f"--vit_patch_height={vit_patch_height} --vit_patch_width={vit_patch_width}: expected patches of up to "
                f"{height} x {width} pixels, the size of the image"
            )
        map_shape = math.ceil(height / patch_height), math.ceil(width / vit_patch_width)
        num_pixels = channels * patch_height * vit_patch_width
        super().__init__(
            data_config=data_config,
            map_shape=map_shape,
            map_dim=None,
            tf_encoder_layers=tf_encoder_layers,
            **kwargs,
        )
        self.patch = patch_height, vit_patch_width
        # Norms before and behind, because patches of paper are all alike, and patches with ink differ strongly.
        self.embed = nn.Sequential(nn.LayerNorm(num_pixels), nn.Linear(num_pixels, self.dim), nn.LayerNorm(self.dim))

    def encode_map(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images -> (B, E, H', W') map, a cell for each patch."""
        height, width = self.patch
        x = F.pad(x, (0, -x.shape[3] % width, 0, -x.shape[2] % height))
        patches = x.unflatten(3, (-1, width)).unflatten(2, (-1, height))  # (B, 1, H', height, W', width)
        patches = patches.permute(0, 2, 4, 1, 3, 5).flatten(3)  # (B, H', W', P)
        return self.embed(patches).permute(0, 3, 1, 2)
