"""Reads a line with residual convolutions and an LSTM, with one frame for four pixels.

Letters in this file: B batch, H W image, H' rows and S columns (frames) of it, E embedding, L LSTM width, C classes.
"""

from typing import Any

import torch
from torch import nn

from text_recognizer.models.any_size import AnySizeModel
from text_recognizer.models.extend_head import extend_head
from text_recognizer.models.resnet import ResNetEncoder
from text_recognizer.vocabulary import MAPPING

# A letter of IAM is about 12 pixels wide at a line height of 56. Columns of 4 pixels leave CTC room for each letter and
# a blank beside it; those of 8 leave one column and a half.
STRIDES = ((2, 2), (2, 2), (2, 1), (2, 1))


class LineResNetLSTM(AnySizeModel):
    """Lab 2's residual network, max pooling over each column, and a bidirectional LSTM, for CTC.

    The network divides the height by sixteen, but the width only by four: S = W / 4, rounded up. With max pooling over
    the rows, in place of a convolution over all of them, a letter may stand a little higher or lower (Retsinas, Sfikas,
    Gatos and Nikou, "Best Practices for a Handwritten Text Recognition System", 2022).

    Parameters
    ----------
    data_config
        The data's `config()`.
    stem_dim
        Channels at full resolution, where they cost most; the later stages have four and eight times as many.
    last_dim
        Channels of the last stage, where they cost least; eight times those of the stem if null.
    res_blocks
        Residual blocks in each of the four stages.
    lstm_dim
        Width of the LSTM in each direction.
    lstm_layers
        Number of LSTM layers.
    dropout
        Share of values that are silenced before and after the LSTM, and between its layers, in training.
    """

    def __init__(
        self,
        data_config: dict[str, Any],
        stem_dim: int = 16,
        last_dim: int | None = None,
        res_blocks: int = 1,
        lstm_dim: int = 256,
        lstm_layers: int = 1,
        dropout: float = 0.25,
    ) -> None:
        super().__init__()
        self.pixels_per_cell = (data_config["input_dims"][1], 4)  # lines of any width are read
        dims = (stem_dim, 4 * stem_dim, 8 * stem_dim, last_dim or 8 * stem_dim)
        self.encoder = ResNetEncoder(data_config["input_dims"][0], dims, STRIDES, res_blocks)
        self.dropout = nn.Dropout(dropout)
        self.lstm = nn.LSTM(
            input_size=dims[-1],
            hidden_size=lstm_dim,
            num_layers=lstm_layers,
            dropout=dropout if lstm_layers > 1 else 0.0,  # PyTorch's own works between layers only
            bidirectional=True,
            batch_first=True,
        )
        self.mapping = tuple(data_config["mapping"])
        self.classifier = nn.Linear(2 * lstm_dim, len(self.mapping))
        self.register_load_state_dict_pre_hook(self._extend_older_head)
        self.register_load_state_dict_pre_hook(self._add_later_layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images of lines -> (B, C, S) logits."""
        columns = self.encoder(x).amax(dim=2)  # (B, E, H', S) -> (B, E, S)
        columns = self.dropout(columns.permute(0, 2, 1))  # (B, S, E)
        features, _ = self.lstm(columns)  # (B, S, 2 L)
        return self.classifier(self.dropout(features)).permute(0, 2, 1)  # (B, C, S)

    @staticmethod
    def _extend_older_head(model: nn.Module, state_dict: dict[str, torch.Tensor], prefix: str, *_: Any) -> None:
        """Fit weights of the labs' vocabulary to a model with a larger one, before they are loaded."""
        assert isinstance(model, LineResNetLSTM)
        head = f"{prefix}classifier"
        num_rows = len(state_dict.get(f"{head}.bias", ()))
        if num_rows == len(MAPPING) < len(model.mapping):
            state_dict.update(extend_head(state_dict, MAPPING, model.mapping, head))

    @staticmethod
    def _add_later_layers(model: nn.Module, state_dict: dict[str, torch.Tensor], prefix: str, *_: Any) -> None:
        """Let weights of a model with fewer LSTM layers be loaded: the later layers stay as they were drawn."""
        assert isinstance(model, LineResNetLSTM)
        if f"{prefix}lstm.weight_ih_l0" in state_dict:
            for name, value in model.lstm.state_dict().items():
                state_dict.setdefault(f"{prefix}lstm.{name}", value)
