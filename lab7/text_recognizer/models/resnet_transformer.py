"""Reads an image of text, a line or a whole paragraph, with a ResNet and writes it with a Transformer.

Letters in this file: B batch, H W image, H' W' feature map, S = H' W' cells, E embedding, T tokens, C classes.
"""

import math
from collections import OrderedDict
from typing import Any

import torch
from torch import nn

from text_recognizer.models.ctc_util import ctc_greedy_decode
from text_recognizer.models.positional_encoding_image import PositionalEncodingImage
from text_recognizer.models.transformer_decoder import TransformerDecoder, greedy_decode
from text_recognizer.models.transformer_util import labels_of
from text_recognizer.util import UserError

RESNET_DIM = 512  # channels of ResNet-18's last map
STRIDES = (4, 8, 16, 32)


class ResnetTransformer(nn.Module):
    """Looks at an image through ResNet-18 and writes one character after another, line breaks among them.

    ResNet-18 (He et al. 2015) makes a photograph 32 times smaller each way. Text is wider than it is high: at 32
    columns of pixels a cell there are fewer cells along a line than characters, so by default only the height shrinks
    32 times, and the width 8 times, as in DAN (Coquenet, Chatelain and Paquet 2022).

    Parameters
    ----------
    data_config
        The data's `config()`; its mapping holds <B>, <S>, <E> and <P>.
    stride_height
        Rows of pixels to a row of the feature map: 4, 8, 16 or 32.
    stride_width
        Columns of pixels to a column of the feature map: 4, 8, 16 or 32.
    tf_dim
        Length of a feature vector, of the cells and in the decoder.
    tf_fc_dim
        Width of the hidden linear layer in each layer of the decoder.
    tf_nhead
        Number of attention heads.
    tf_layers
        Number of layers of the decoder.
    tf_dropout
        Share of the decoder's values that are silenced at each training step.
    """

    def __init__(
        self,
        data_config: dict[str, Any],
        stride_height: int = 32,
        stride_width: int = 8,
        tf_dim: int = 256,
        tf_fc_dim: int = 1024,
        tf_nhead: int = 4,
        tf_layers: int = 4,
        tf_dropout: float = 0.2,
    ) -> None:
        super().__init__()
        mapping = data_config["mapping"]
        self.blank, self.start, self.end, self.padding = labels_of(mapping, "<B>", "<S>", "<E>", "<P>")
        self.num_classes, self.dim = len(mapping), tf_dim
        stride = stride_height, stride_width
        self.map_shape = map_shape(data_config["input_dims"], stride)
        self.resnet = make_resnet(stride)
        # Not multiplied by sqrt(E) as embeddings are: a cell is about as large as its position already.
        self.projection = nn.Conv2d(RESNET_DIM, tf_dim, kernel_size=1)
        self.positions = PositionalEncodingImage(tf_dim, *self.map_shape)
        self.decoder = TransformerDecoder(
            num_classes=len(mapping),
            max_length=data_config["output_dims"][0],
            dim=tf_dim,
            fc_dim=tf_fc_dim,
            num_heads=tf_nhead,
            num_layers=tf_layers,
            dropout=tf_dropout,
        )
        self.ctc_head: nn.Linear | None = None

    def add_ctc_head(self) -> None:
        """Let the model read all cells at once too; whoever wants that calls this before training or loading."""
        self.ctc_head = nn.Linear(self.dim, self.num_classes)

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images -> (B, S, E) features, row after row of the map."""
        x = self.positions(self.projection(self.resnet(x)))  # (B, E, H', W')
        return x.flatten(2).permute(0, 2, 1)  # (B, E, S) -> (B, S, E)

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images, (B, T) tokens -> (B, C, T) logits of the token after each."""
        return self._write(self.encode(x), y)

    def forward_both(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Like `forward`, and the CTC head's logits (B, C, S) of each cell, both from one look at the images."""
        features = self.encode(x)
        return self._write(features, y), self._read_cells(features)

    def predict(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images -> (B, max_length) tokens, from <S> to <E>, then <P>."""
        return greedy_decode(self.decoder, self.encode(x), self.start, self.end, self.padding)

    def read_rows(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images -> (B, H', W', C) logits of the CTC head for the cells of the map."""
        return self._read_cells(self.encode(x)).permute(0, 2, 1).unflatten(1, self.map_shape)  # (B, C, S) -> (B, S, C)

    def read_fast(self, x: torch.Tensor) -> torch.Tensor:
        """Read with the CTC head, in one pass: (B, 1, H, W) images -> (B, S) tokens, then <P>."""
        return ctc_greedy_decode(self._read_cells(self.encode(x)), self.blank, self.padding)

    def _write(self, features: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return self.decoder(y, features).permute(0, 2, 1)  # (B, T, C) -> (B, C, T)

    def _read_cells(self, features: torch.Tensor) -> torch.Tensor:
        assert self.ctc_head is not None, "call add_ctc_head() first"
        return self.ctc_head(features).permute(0, 2, 1)  # (B, S, C) -> (B, C, S)


def make_resnet(stride: tuple[int, int]) -> nn.Sequential:
    """Return torchvision's ResNet-18, untrained, up to its last map: (B, 1, H, W) -> (B, 512, H', W').

    Its first convolution takes one grey channel. Of its five halvings the last ones are left out, vertically and
    horizontally by themselves, until the strides are as asked: the early maps, which are the large ones, stay as they
    are, and only the late ones grow.
    """
    from torchvision.models import resnet18  # here: it takes a second, which readers with other models need not wait

    resnet = resnet18(weights=None)
    resnet.conv1 = nn.Conv2d(1, 64, kernel_size=7, stride=2, padding=3, bias=False)
    nn.init.kaiming_normal_(resnet.conv1.weight, mode="fan_out", nonlinearity="relu")  # as torchvision's own
    for reduction, stage in ((8, resnet.layer2), (16, resnet.layer3), (32, resnet.layer4)):
        step = tuple(2 if reduction <= one else 1 for one in stride)
        stage[0].conv1.stride = stage[0].downsample[0].stride = step
    layers = ((name, layer) for name, layer in resnet.named_children() if name not in ("avgpool", "fc"))
    return nn.Sequential(OrderedDict(layers))


def map_shape(input_dims: tuple[int, ...], stride: tuple[int, int]) -> tuple[int, int]:
    """Return (H', W') for images of `input_dims` (channels, H, W): each halving rounds up."""
    if not set(stride) <= set(STRIDES):
        raise UserError(
            f"--stride_height={stride[0]} --stride_width={stride[1]}: expected two of {', '.join(map(str, STRIDES))}"
        )
    if input_dims[0] != 1:
        raise UserError(f"images of {input_dims[0]} channels: expected grey images, of one")
    return math.ceil(input_dims[1] / stride[0]), math.ceil(input_dims[2] / stride[1])
