"""A multilayer perceptron.

Letters in this file: B batch, C classes.
"""

import math
from typing import Any

import torch
from torch import nn

from text_recognizer.models.base import Model


class MLP(Model):
    """Two hidden layers over all pixels at once; the network does not know which pixels are neighbours.

    A layer (`nn.Linear`) multiplies its inputs by a matrix of weights. A hidden layer is one whose outputs, the hidden
    units, only the next layer sees.

    Parameters
    ----------
    data_config
        The data's `config()`.
    fc1
        Width of the first hidden layer.
    fc2
        Width of the second hidden layer.
    dropout
        Share of hidden units that are silenced at each training step (Srivastava et al. 2014).
    """

    def __init__(self, data_config: dict[str, Any], fc1: int = 1024, fc2: int = 128, dropout: float = 0.5) -> None:
        super().__init__()
        num_pixels, num_classes = math.prod(data_config["input_dims"]), len(data_config["mapping"])
        self.layers = nn.Sequential(
            nn.Flatten(),  # all pixels in one row
            nn.Linear(num_pixels, fc1),
            nn.ReLU(),  # below 0 becomes 0; without this, two layers could do no more than one
            nn.Dropout(dropout),
            nn.Linear(fc1, fc2),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(fc2, num_classes),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images -> (B, C) logits."""
        return self.layers(x)
