"""The course's line model without its last layer, as the backbone of a larger model.

Letters in this file: B batch, H W image, H' W' feature map, F features.
"""

from collections.abc import Iterator

import torch
from torch import nn

from text_recognizer.models.line_resnet_lstm import STRIDES
from text_recognizer.models.resnet import ResNetEncoder
from text_recognizer.util import UserError

CELL = (16, 4)  # rows and columns of pixels per cell of the map
DIMS, LSTM_DIM = (16, 64, 128, 128), 256  # those of the shipped line model


class LineBackbone(nn.Module):
    """Residual convolutions and, optionally, a bidirectional LSTM along each row of their map.

    Its weights are those of a `LineResNetLSTM` or a `ParagraphResNetLSTM` with their default flags.

    Parameters
    ----------
    has_lstm
        Whether it has the LSTM, whose features almost determine the character at each place.
    """

    def __init__(self, has_lstm: bool) -> None:
        super().__init__()
        self.encoder = ResNetEncoder(1, DIMS, STRIDES, num_blocks=1)
        self.lstm = nn.LSTM(DIMS[-1], LSTM_DIM, bidirectional=True, batch_first=True) if has_lstm else None
        self.num_features = 2 * LSTM_DIM if has_lstm else DIMS[-1]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images -> (B, F, H', W') features: H' = H / 16 and W' = W / 4, rounded up."""
        x = self.encoder(x)
        if self.lstm is None:
            return x
        rows = x.permute(0, 2, 3, 1)  # (B, H', W', channels)
        features, _ = self.lstm(rows.flatten(0, 1))  # (B H', W', F)
        return features.unflatten(0, rows.shape[:2]).permute(0, 3, 1, 2)

    @staticmethod
    def cells_within(stride: tuple[int, int]) -> tuple[int, int]:
        """Return how many of its cells, vertically and horizontally, are pooled to one cell with these strides."""
        if stride[0] % CELL[0] or stride[1] % CELL[1]:
            raise UserError(
                f"--stride_height={stride[0]} --stride_width={stride[1]}: this backbone has cells of 16 x 4 pixels; "
                "expected a height of 16 or 32 and a width of 4, 8, 16 or 32"
            )
        return stride[0] // CELL[0], stride[1] // CELL[1]

    def take(self, weights: dict[str, torch.Tensor], prefix: str) -> Iterator[tuple[str, torch.Tensor]]:
        """Yield those weights of a line model that belong to the backbone, by their names in it."""
        for part in ("encoder", "lstm") if self.lstm is not None else ("encoder",):
            for name, value in weights.items():
                if name.startswith(f"{prefix}{part}."):
                    yield name.removeprefix(prefix), value
