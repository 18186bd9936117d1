"""A vector-quantised autoencoder: an encoder, a codebook, and a decoder that reconstructs the image.

Letters in this file: B batch, H W image, K channels, H' W' map, M cells, N codes.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import nn

from text_recognizer.models.base import Model
from text_recognizer.models.convnext import ConvNeXtBlock, ConvNeXtEncoder


class Quantised(NamedTuple):
    """A map whose cells are replaced by codes, and the losses of doing so."""

    codes: torch.Tensor  # (B, K, H', W'), the codes in place of the cells; gradients pass straight to the cells
    indices: torch.Tensor  # (B, H', W'), the indices of the codes
    codebook_loss: torch.Tensor  # the distance of codes from cells; its gradient moves the codes
    commitment_loss: torch.Tensor  # the same distance; its gradient moves the cells
    cells: torch.Tensor  # (M, K), the cells, for `Codebook.restart`


class Codebook(nn.Module):
    """Replaces each vector by the nearest of N learned ones.

    A. van den Oord, O. Vinyals and K. Kavukcuoglu, "Neural Discrete Representation Learning", 2017, section 3.

    Parameters
    ----------
    num_codes
        N.
    dim
        K.
    """

    def __init__(self, num_codes: int, dim: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.empty(num_codes, dim).uniform_(-1 / num_codes, 1 / num_codes))

    def forward(self, x: torch.Tensor) -> Quantised:
        """Replace each cell of (B, K, H', W') by its nearest code."""
        cells = x.permute(0, 2, 3, 1)  # (B, H', W', K)
        indices = torch.cdist(cells.flatten(0, 2), self.table).argmin(dim=1)  # (M,)
        codes = self.table[indices].view_as(cells)
        codebook_loss = (codes - cells.detach()).square().mean()
        commitment_loss = (codes.detach() - cells).square().mean()
        straight = cells + (codes - cells).detach()  # straight-through estimator: the cell gets the code's gradient
        return Quantised(
            straight.permute(0, 3, 1, 2),
            indices.view(cells.shape[:3]),
            codebook_loss,
            commitment_loss,
            cells.detach().flatten(0, 2),
        )

    @torch.no_grad()
    def restart(self, chosen: torch.Tensor, cells: torch.Tensor) -> None:
        """Move each code that is not chosen to a random cell.

        A code that is nearest to no cell gets no gradient, so it would never be used again.

        P. Dhariwal et al., "Jukebox: A Generative Model for Music", 2020, section 3.1.

        Parameters
        ----------
        chosen
            (N,) bool: the codes that stay.
        cells
            (M, K) cells of a batch.
        """
        lost = ~chosen
        places = torch.randint(len(cells), (int(lost.sum()),), device=cells.device)
        self.table[lost] = cells[places].to(self.table.dtype)


class DepthToSpace(nn.Module):
    """Enlarges a map: the channels of one place become a patch. It reverses SpaceToDepth.

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
        self.mix = nn.Conv2d(in_channels, out_channels * factor[0] * factor[1], kernel_size=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, in_channels, H', W') -> (B, out_channels, H' factor[0], W' factor[1])."""
        down, across = self.factor
        parts = self.mix(x).unflatten(1, (-1, down, across))  # (B, K, down, across, H', W')
        return parts.permute(0, 1, 4, 2, 5, 3).flatten(4, 5).flatten(2, 3)


class VQVAE(Model):
    """ConvTransformer's encoder, a codebook, and the encoder's mirror image as a decoder.

    It learns without labels. Its encoder's weights have the names and shapes of ConvTransformer's, which can start from
    them.

    Parameters
    ----------
    data_config
        The data's `config()`; only the images' size is used.
    convnext_dim
        Channels of the stem.
    convnext_mults
        Channels of each stage, as multiples of the stem's.
    convnext_depths
        Blocks of each stage.
    convnext_factors
        Height and width of the patch that each stage reduces to one place.
    num_codes
        Size of the codebook.
    """

    classifies = False

    def __init__(
        self,
        data_config: dict[str, Any],
        convnext_dim: int = 16,
        convnext_mults: tuple[int, ...] = (2, 4, 8, 16),
        convnext_depths: tuple[int, ...] = (1, 1, 2, 2),
        convnext_factors: tuple[tuple[int, int], ...] = ((2, 2), (2, 2), (2, 2), (2, 1)),
        num_codes: int = 256,
    ) -> None:
        super().__init__()
        channels, *self.size = data_config["input_dims"]
        dims = [convnext_dim * mult for mult in convnext_mults]
        self.encoder = ConvNeXtEncoder(channels, convnext_dim, dims, convnext_depths, convnext_factors)
        self.codebook = Codebook(num_codes, dims[-1])
        self.decoder = make_decoder(channels, [convnext_dim, *dims], convnext_factors)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, Quantised]:
        """(B, 1, H, W) images -> (B, 1, H, W) logits of the pixels, and the quantised map."""
        quantised = self.codebook(self.encoder(x))
        return self.decoder(quantised.codes)[..., : self.size[0], : self.size[1]], quantised


def make_decoder(channels: int, dims: Sequence[int], factors: Sequence[tuple[int, int]]) -> nn.Sequential:
    """Return a network from the last map back to the image; `dims` and `factors` are the encoder's, in its order."""
    layers: list[nn.Module] = []
    for dim, before, factor in zip(reversed(dims[1:]), reversed(dims[:-1]), reversed(factors), strict=True):
        layers += [ConvNeXtBlock(dim), DepthToSpace(dim, before, factor)]
    return nn.Sequential(*layers, nn.Conv2d(dims[0], channels, 3, padding=1))
