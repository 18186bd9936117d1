"""A network that tells print from handwriting along a line.

Letters in this file: B batch, H W image, S cells, E channels, C classes.
"""

from typing import Any

import torch
from torch import nn

from text_recognizer.models.base import Model
from text_recognizer.models.line_cnn import ConvBlock

PIXELS_PER_CELL = 8  # columns: three convolutions halve the line
DILATIONS = (1, 2, 4)  # of the convolutions along the line: a cell sees some 130 columns to either side
KERNEL = 5
DROP = 0.1


class PrintFinder(Model):
    """A small convolutional network that classifies each cell of a line by the strokes around it.

    Convolutions shrink the line to one vector for each eight columns. Dilated convolutions along the line then let each
    cell see its neighbours, about two words (F. Yu, V. Koltun, "Multi-Scale Context Aggregation by Dilated
    Convolutions", 2016): print is regular, and a single letter may be either.

    Parameters
    ----------
    data_config
        The data's `config()`, with input_dims (1, H, W).
    print_width
        Channels of the first convolution; the last have four times as many.
    """

    def __init__(self, data_config: dict[str, Any], print_width: int = 16) -> None:
        super().__init__()
        channels, height, _ = data_config["input_dims"]
        widths = [factor * print_width for factor in (1, 2, 3, 4)]
        self.strokes = nn.Sequential(
            ConvBlock(channels, widths[0], (5, 5), (2, 2), 2),
            ConvBlock(widths[0], widths[1], stride=(2, 2)),
            ConvBlock(widths[1], widths[2], stride=(2, 2)),
            ConvBlock(widths[2], widths[2]),
            ConvBlock(widths[2], widths[2]),
            ConvBlock(widths[2], widths[3], (-(-height // PIXELS_PER_CELL), 1), padding=0),
        )
        self.along = nn.ModuleList(_Along(widths[3], dilation) for dilation in DILATIONS)
        self.classifier = nn.Sequential(nn.Dropout(DROP), nn.Conv1d(widths[3], len(data_config["mapping"]), 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) lines in [0, 1] -> (B, C, S) logits, for S = W / 8 cells, rounded up."""
        row = self.strokes(x).squeeze(2)  # (B, E, S)
        for layer in self.along:
            row = row + layer(row)
        return self.classifier(row)


class _Along(nn.Sequential):
    """A convolution along the line: (B, E, S) -> (B, E, S)."""

    def __init__(self, num: int, dilation: int) -> None:
        conv = nn.Conv1d(num, num, KERNEL, padding=dilation * (KERNEL // 2), dilation=dilation, bias=False)
        super().__init__(conv, nn.BatchNorm1d(num), nn.ReLU())
