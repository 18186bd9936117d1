"""A network that tells an upright line from one that is upside down.

Letters in this file: B batch, H W image, C classes.
"""

from typing import Any

import torch

from text_recognizer.models.print_finder import PrintFinder

VOTES_PER_NAT = 8  # adding many cells would make the first logits of a training large


class WayUpFinder(PrintFinder):
    """`PrintFinder`'s network, whose cells vote on the whole line: their logits are added.

    So a long line counts more than a short one, and empty paper does not count.

    Parameters
    ----------
    data_config
        The data's `config()`, with input_dims (1, H, W).
    way_width
        Channels of the first convolution; the last have four times as many.
    """

    def __init__(self, data_config: dict[str, Any], way_width: int = 16) -> None:
        super().__init__(data_config, print_width=way_width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) lines in [0, 1], their ink `centred` -> (B, C) logits."""
        return super().forward(x).sum(dim=2) / VOTES_PER_NAT
