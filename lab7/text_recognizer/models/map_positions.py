"""Learned positional encodings of a feature map; `positional_encoding_image.py` has the sines and cosines.

Letters in this file: B batch, E embedding, H' W' feature map.
"""

from typing import Literal

import torch
from torch import nn

from text_recognizer.models.positional_encoding_image import PositionalEncodingImage
from text_recognizer.util import UserError

MapPositions = Literal["sinusoids", "axial", "learned", "none"]


class AxialPositions(nn.Module):
    """Adds a learned vector for the row to the first half of each cell, and one for the column to the second.

    J. Ho et al., "Axial Attention in Multidimensional Transformers", 2019. H' + W' vectors serve H' W' cells.

    Parameters
    ----------
    dim
        E, an even number.
    height
        H'.
    width
        W'.
    """

    def __init__(self, dim: int, height: int, width: int) -> None:
        super().__init__()
        if dim % 2:
            raise UserError(f"--tf_dim={dim}: expected an even number: one half encodes rows, the other columns")
        self.rows = nn.Parameter(0.02 * torch.randn(dim // 2, height, 1))
        self.columns = nn.Parameter(0.02 * torch.randn(dim // 2, 1, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, E, H', W') -> (B, E, H', W')."""
        first, second = x.chunk(2, dim=1)
        return torch.cat([first + self.rows, second + self.columns], dim=1)


class CellPositions(nn.Module):
    """Adds a learned vector to each cell.

    Parameters
    ----------
    dim
        E.
    height
        H'.
    width
        W'.
    """

    def __init__(self, dim: int, height: int, width: int) -> None:
        super().__init__()
        self.embedding = nn.Parameter(0.02 * torch.randn(dim, height, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, E, H', W') -> (B, E, H', W')."""
        return x + self.embedding


def make_map_positions(kind: MapPositions, dim: int, map_shape: tuple[int, int]) -> nn.Module:
    """Return a map's positional encoding: sines by row and column, learned by row and column, by cell, or none."""
    if kind == "none":
        return nn.Identity()
    classes: dict[str, type[nn.Module]] = {
        "sinusoids": PositionalEncodingImage,
        "axial": AxialPositions,
        "learned": CellPositions,
    }
    return classes[kind](dim, *map_shape)
