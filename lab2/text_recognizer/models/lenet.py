"""LeNet, the network that once read cheques, with the layer sizes that are usual today.

Letters in this file: B batch, H W image, C classes.
"""

from typing import Any

import torch
from torch import nn

from text_recognizer.models.base import Model
from text_recognizer.util import UserError


class LeNet(Model):
    """Convolutions without padding, one pooling, two linear layers; takes images of any one size.

    Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-Based Learning Applied to Document Recognition", 1998.
    The original used average pooling and tanh; max pooling and ReLU learn faster (Krizhevsky et al. 2012).

    Parameters
    ----------
    data_config
        The data's `config()`.
    lenet_channels
        Channels of each 3 x 3 convolution.
    lenet_fc_dim
        Width of the hidden linear layer.
    lenet_dropout
        Share of values that are silenced before each linear layer at each training step.
    """

    def __init__(
        self,
        data_config: dict[str, Any],
        lenet_channels: tuple[int, ...] = (32, 64),
        lenet_fc_dim: int = 128,
        lenet_dropout: float = 0.2,
    ) -> None:
        super().__init__()
        channels, height, width = data_config["input_dims"]
        lost = 2 * len(lenet_channels)  # each convolution without padding loses a pixel on each side
        if not lenet_channels or min(height, width) < lost + 2:
            raise UserError(
                f"--lenet_channels={list(lenet_channels)}: expected 1 to {(min(height, width) - 2) // 2} convolutions "
                f"for images of {height} x {width} pixels, which each makes smaller by 2"
            )
        layers: list[nn.Module] = []
        for num_before, num in zip((channels, *lenet_channels), lenet_channels, strict=False):
            layers += [nn.Conv2d(num_before, num, kernel_size=3), nn.ReLU()]
        self.features = nn.Sequential(*layers, nn.MaxPool2d(2))
        num_features = lenet_channels[-1] * ((height - lost) // 2) * ((width - lost) // 2)
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(lenet_dropout),
            nn.Linear(num_features, lenet_fc_dim),
            nn.ReLU(),
            nn.Dropout(lenet_dropout),
            nn.Linear(lenet_fc_dim, len(data_config["mapping"])),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images -> (B, C) logits."""
        return self.classifier(self.features(x))
