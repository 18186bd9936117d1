"""Encodes an image of text with an EfficientNet and decodes it with the modular decoder.

Letters in this file: B batch, H W image, K channels, H' W' map.
"""

from typing import Any

import torch
from torch import nn

from text_recognizer.models.convnext import reduced
from text_recognizer.models.modular_encoder_decoder import ModularEncoderDecoder

STEPS = (
    (0, (2, 2)),
    (2, (2, 2)),
    (3, (2, 2)),
    (4, (2, 1)),
    (6, (1, 1)),
)  # stages with the strides of their maps
MAP_DIM = 320  # channels of the last stage


class EfficientNetTransformer(ModularEncoderDecoder):
    """torchvision's EfficientNet-B0, untrained, with a cell for 16 x 8 pixels like ConvTransformer.

    M. Tan and Q. Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019. It has few
    multiplications in many thin layers.

    Parameters
    ----------
    data_config
        The data's `config()`; its mapping holds the special tokens.
    """

    def __init__(self, data_config: dict[str, Any], **kwargs: Any) -> None:
        map_shape = reduced(data_config["input_dims"][1:], [step for _, step in STEPS])
        super().__init__(data_config=data_config, map_shape=map_shape, map_dim=MAP_DIM, **kwargs)
        self.encoder = make_efficientnet(data_config["input_dims"][0])

    def encode_map(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images -> (B, K, H', W') map."""
        return self.encoder(x)


def make_efficientnet(in_channels: int) -> nn.Sequential:
    """Return EfficientNet-B0 up to its last map, with the strides of `STEPS`."""
    from torchvision.models import efficientnet_b0  # imported here: it takes a second

    features = efficientnet_b0(weights=None).features[:-1]
    first = features[0][0]
    features[0][0] = nn.Conv2d(in_channels, first.out_channels, first.kernel_size, padding=first.padding, bias=False)
    nn.init.kaiming_normal_(features[0][0].weight, mode="fan_out")
    for stage, step in STEPS:
        convolutions = [one for one in features[stage].modules() if isinstance(one, nn.Conv2d)]
        strided = [one for one in convolutions if one.stride != (1, 1)] or convolutions[:1]
        strided[0].stride = step
    return features
