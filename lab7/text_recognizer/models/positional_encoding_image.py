"""Adds positional encodings to the cells of a feature map.

Letters in this file: B batch, E embedding, H' W' feature map.
"""

import torch
from torch import nn

from text_recognizer.models.transformer_util import sinusoids
from text_recognizer.util import UserError


class PositionalEncodingImage(nn.Module):
    """Adds the row to the first half of each vector and the column to the second, as sines and cosines.

    See Parmar et al., "Image Transformer", 2018 (section 3.1). The encodings have the size of the feature map, and are
    computed when a model is built rather than stored: weights fit a model for images of any size.

    Parameters
    ----------
    dim
        E, an even number.
    height
        H'.
    width
        W'.
    """

    rows: torch.Tensor
    columns: torch.Tensor

    def __init__(self, dim: int, height: int, width: int) -> None:
        super().__init__()
        if dim % 2:
            raise UserError(f"--tf_dim={dim}: expected an even number: one half encodes rows, the other columns")
        self.register_buffer("rows", sinusoids(height, dim // 2).T[:, :, None], persistent=False)  # (E/2, H', 1)
        self.register_buffer("columns", sinusoids(width, dim // 2).T[:, None, :], persistent=False)  # (E/2, 1, W')

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, E, H', W') -> (B, E, H', W')."""
        first, second = x.chunk(2, dim=1)
        return torch.cat([first + self.rows, second + self.columns], dim=1)
