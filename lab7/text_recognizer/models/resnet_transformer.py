"""Reads an image of a line or a paragraph: a ResNet encodes the image, and a Transformer decodes its text.

Letters in this file: B batch, H W image, H' W' feature map, S = H' W' cells, E embedding, T tokens, C classes.
"""

import math
from collections import OrderedDict
from typing import Any, Literal

import torch
from torch import nn

from text_recognizer.models.cells import CTCHeadModel
from text_recognizer.models.line_backbone import LineBackbone
from text_recognizer.models.positional_encoding_image import PositionalEncodingImage
from text_recognizer.models.transformer_decoder import TransformerDecoder
from text_recognizer.util import UserError

RESNET_DIM = 512  # channels of ResNet-18's last map
STRIDES = (4, 8, 16, 32)


class ResnetTransformer(CTCHeadModel):
    """Encodes an image with a ResNet and generates its text character by character, including line breaks.

    ResNet-18 (He et al. 2015) reduces a photograph by a factor of 32 in each direction. With cells of 32 columns of
    pixels, a line of text has more characters than cells. So by default the height is reduced by 32, and the width by
    8, as in DAN (Coquenet, Chatelain and Paquet 2022).

    From random weights, a decoder first learns the language, because the image's features mean nothing yet, and it
    seldom gets any further. With another backbone it can start from an encoder that reads: `--load_checkpoint` also
    takes the weights of a `LineResNetLSTM` or a `ParagraphResNetLSTM`, and uses those of its backbone.

    Parameters
    ----------
    data_config
        The data's `config()`; its mapping holds the special tokens.
    backbone
        The network that encodes the image: resnet18, torchvision's; line_resnet, the convolutions of the course's line
        model; or line_resnet_lstm, with its LSTM too, which runs along each row of the map.
    freeze_backbone
        Do not train the backbone's weights.
    stride_height
        Rows of pixels per row of the feature map: 4, 8, 16 or 32.
    stride_width
        Columns of pixels per column of the feature map: 4, 8, 16 or 32.
    tf_dim
        Length of the feature vectors of cells and tokens.
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
        backbone: Literal["resnet18", "line_resnet", "line_resnet_lstm"] = "resnet18",
        freeze_backbone: bool = False,
        stride_height: int = 32,
        stride_width: int = 8,
        tf_dim: int = 256,
        tf_fc_dim: int = 1024,
        tf_nhead: int = 4,
        tf_layers: int = 4,
        tf_dropout: float = 0.2,
    ) -> None:
        stride = stride_height, stride_width
        super().__init__(data_config, tf_dim, map_shape(data_config["input_dims"], stride))
        self.resnet: nn.Module
        if backbone == "resnet18":
            self.resnet, pooled = make_resnet(stride), (1, 1)
            num_features = RESNET_DIM
        else:
            self.resnet = LineBackbone(has_lstm=backbone == "line_resnet_lstm")
            pooled, num_features = self.resnet.cells_within(stride), self.resnet.num_features
        # Not multiplied by sqrt(E), as embeddings are: a cell's features are about as large as its position's already.
        self.projection = nn.Conv2d(num_features, tf_dim, kernel_size=pooled, stride=pooled)
        self.positions = PositionalEncodingImage(tf_dim, *self.map_shape)
        self.decoder = TransformerDecoder(
            num_classes=self.num_classes,
            max_length=data_config["output_dims"][0],
            dim=tf_dim,
            fc_dim=tf_fc_dim,
            num_heads=tf_nhead,
            num_layers=tf_layers,
            dropout=tf_dropout,
        )
        self.is_frozen = freeze_backbone
        self.resnet.requires_grad_(not freeze_backbone)
        self.backbone = backbone
        self.register_load_state_dict_pre_hook(self._take_backbone)

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images -> (B, S, E) features, row after row of the map."""
        x = self.positions(self.projection(self.resnet(x)))  # (B, E, H', W')
        return x.flatten(2).permute(0, 2, 1)  # (B, E, S) -> (B, S, E)

    def train(self, mode: bool = True) -> "ResnetTransformer":
        """Set the training mode; a frozen backbone stays in evaluation mode, so that its batch norms do not change."""
        super().train(mode)
        if self.is_frozen:
            self.resnet.eval()
        return self

    @staticmethod
    def _take_backbone(model: nn.Module, state_dict: dict[str, torch.Tensor], prefix: str, *_: Any) -> None:
        """Take the backbone's weights from those of a line model; all other weights of this model stay as they are."""
        assert isinstance(model, ResnetTransformer)
        if f"{prefix}encoder.layers.0.weight" not in state_dict or not isinstance(model.resnet, LineBackbone):
            return
        theirs = {name: state_dict.pop(name) for name in list(state_dict) if name.startswith(prefix)}
        own = {f"{prefix}{name}": value for name, value in model.state_dict().items()}
        state_dict.update(own | {f"{prefix}resnet.{name}": value for name, value in model.resnet.take(theirs, prefix)})


def make_resnet(stride: tuple[int, int]) -> nn.Sequential:
    """Return torchvision's ResNet-18, untrained, up to its last map: (B, 1, H, W) -> (B, 512, H', W').

    Its first convolution takes one grey channel. The last of its five halvings are left out, independently for height
    and width, until the strides are those asked for. So the early, large maps keep their size, and only the late ones
    grow.
    """
    from torchvision.models import resnet18  # here, because the import takes a second, and other models do not need it

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
