"""Reads a line with time-depth-separable convolutions: few weights, no recurrence.

Letters in this file: B batch, H W image, H' W' map, D depth, K channels of each of the D parts, C classes, S frames.
"""

from typing import Any

import torch
from torch import nn

from text_recognizer.models.any_size import AnySizeModel
from text_recognizer.util import UserError

ROW_STEPS = (2, 2, 2, 2)  # the map is 16 times lower than the image
COLUMN_STEPS = {4: (2, 2, 1, 1), 8: (2, 2, 2, 1)}  # and 4 or 8 times narrower


class TDSBlock(nn.Module):
    """A convolution over neighbouring places, then one over the channels of a place; both are residual.

    The D * K channels form D groups of K. The first convolution slides over the map and mixes the D groups, with the
    same weights for all K; the second is a small network at each place, over all D * K channels. Together they have a
    fraction of the weights of one ordinary convolution of that width (A. Hannun, A. Lee, Q. Xu and R. Collobert,
    "Sequence-to-Sequence Speech Recognition with Time-Depth Separable Convolutions", 2019, section 2.1; there the map
    is that of a sound, and W is time).

    Parameters
    ----------
    depth
        D.
    channels
        K.
    kernel_size
        Height and width of the window; odd.
    dropout
        Share of values that are silenced after each part.
    """

    def __init__(self, depth: int, channels: int, kernel_size: int, dropout: float) -> None:
        super().__init__()
        dim, padding = depth * channels, kernel_size // 2
        self.depth = depth
        self.look = nn.Sequential(
            nn.Conv3d(depth, depth, (1, kernel_size, kernel_size), padding=(0, padding, padding)),
            nn.ReLU(),
            nn.Dropout(dropout),
        )
        self.mix = nn.Sequential(
            nn.Conv2d(dim, dim, 1), nn.ReLU(), nn.Dropout(dropout), nn.Conv2d(dim, dim, 1), nn.Dropout(dropout)
        )
        self.norms = nn.ModuleList(nn.InstanceNorm2d(dim, affine=True) for _ in range(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, D * K, H', W') -> the same shape."""
        parts = x.unflatten(1, (self.depth, -1))  # (B, D, K, H', W')
        x = self.norms[0](x + self.look(parts).flatten(1, 2))
        return self.norms[1](x + self.mix(x))


class LineTDS(AnySizeModel):
    """Four groups of time-depth-separable blocks, and max pooling over each column of the last map.

    Parameters
    ----------
    data_config
        The data's `config()`.
    tds_depth
        D, the number of parts that the channels are seen as.
    tds_channels
        Channels of each part in the first group; the later ones have two, four and eight times as many.
    tds_blocks
        Blocks in each group.
    tds_kernel
        Height and width of the window of a block; odd.
    tds_stride
        Pixels from one step of the reading to the next, 4 or 8. Characters need 4; pieces of words are longer.
    tds_dropout
        Share of values that are silenced in training.
    """

    def __init__(
        self,
        data_config: dict[str, Any],
        tds_depth: int = 4,
        tds_channels: int = 4,
        tds_blocks: int = 2,
        tds_kernel: int = 5,
        tds_stride: int = 4,
        tds_dropout: float = 0.1,
    ) -> None:
        super().__init__()
        if tds_stride not in COLUMN_STEPS:
            raise UserError(f"--tds_stride={tds_stride}: expected 4 or 8")
        if tds_kernel % 2 == 0 or tds_kernel < 1:
            raise UserError(f"--tds_kernel={tds_kernel}: expected an odd number")
        self.pixels_per_cell = (data_config["input_dims"][1], tds_stride)
        layers: list[nn.Module] = []
        channels_before = data_config["input_dims"][0]
        for i, stride in enumerate(zip(ROW_STEPS, COLUMN_STEPS[tds_stride], strict=True)):
            channels = tds_channels * 2**i
            layers += [
                nn.Conv2d(channels_before, tds_depth * channels, 3, stride, padding=1),
                nn.ReLU(),
                nn.Dropout(tds_dropout),
                nn.InstanceNorm2d(tds_depth * channels, affine=True),
                *(TDSBlock(tds_depth, channels, tds_kernel, tds_dropout) for _ in range(tds_blocks)),
            ]
            channels_before = tds_depth * channels
        self.encoder = nn.Sequential(*layers)
        self.classifier = nn.Linear(channels_before, len(data_config["mapping"]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images of lines -> (B, C, S) logits; S = W / tds_stride, rounded up."""
        columns = self.encoder(x).amax(dim=2)  # (B, D * K, H', S) -> (B, D * K, S)
        return self.classifier(columns.permute(0, 2, 1)).permute(0, 2, 1)  # (B, S, C) -> (B, C, S)
