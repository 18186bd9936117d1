"""Contrastive predictive coding: predicts the features of later windows of a line, and so learns without labels.

Letters in this file: B batch, H W image, S windows, E embedding, R width of the context, K steps ahead.
"""

from typing import Any, NamedTuple

import torch
from torch import nn

from text_recognizer.models.base import Model
from text_recognizer.models.line_resnet_lstm import STRIDES
from text_recognizer.models.resnet import ResNetEncoder
from text_recognizer.util import UserError

INK = 0.2  # of white: a window without a brighter pixel counts as empty


class Predictions(NamedTuple):
    """Predictions of the features of windows, and the features themselves."""

    windows: torch.Tensor  # (B, S, E) features of each window, computed from that window alone
    expected: torch.Tensor  # (B, S, K, E): predictions for windows s + 1 to s + K from the windows up to s
    has_ink: torch.Tensor  # (B, S), false for empty windows, which are all alike


class CPC(Model):
    """LineResNetLSTM's encoder on separate windows, and a GRU that predicts the windows to come.

    A. van den Oord, Y. Li and O. Vinyals, "Representation Learning with Contrastive Predictive Coding", 2018. The
    windows do not overlap, because shared pixels could be predicted without knowing any letter. The encoder's weights
    have the names and shapes of LineResNetLSTM's, which can start from them.

    Parameters
    ----------
    data_config
        The data's `config()`; only the images' size is used.
    stem_dim
        Channels at full resolution, as in LineResNetLSTM.
    res_blocks
        Residual blocks in each of the four stages, as in LineResNetLSTM.
    cpc_window
        Width of a window in pixels.
    cpc_dim
        R, width of the GRU.
    cpc_steps
        K, the number of windows ahead that are predicted.
    """

    classifies = False

    def __init__(
        self,
        data_config: dict[str, Any],
        stem_dim: int = 16,
        res_blocks: int = 1,
        cpc_window: int = 16,
        cpc_dim: int = 128,
        cpc_steps: int = 4,
    ) -> None:
        super().__init__()
        channels, _, width = data_config["input_dims"]
        if not (4 <= cpc_window <= width // 2 and cpc_steps >= 1):
            raise UserError(
                f"--cpc_window={cpc_window} --cpc_steps={cpc_steps}: expected windows of 4 to {width // 2} pixels, "
                "two or more in an image, and 1 step or more"
            )
        dims = (stem_dim, 4 * stem_dim, 8 * stem_dim, 8 * stem_dim)
        self.window = cpc_window
        self.num_steps = cpc_steps
        self.encoder = ResNetEncoder(channels, dims, STRIDES, res_blocks)
        self.context = nn.GRU(dims[-1], cpc_dim, batch_first=True)
        self.predictor = nn.Linear(cpc_dim, cpc_steps * dims[-1])

    def forward(self, x: torch.Tensor) -> Predictions:
        """(B, 1, H, W) images of lines -> features and predictions; S = W // window."""
        windows = x.unfold(3, self.window, self.window).permute(0, 3, 1, 2, 4)  # (B, S, 1, H, window)
        maps = self.encoder(windows.flatten(0, 1))  # (B S, E, H', W')
        features = maps.amax(dim=2).mean(dim=2).unflatten(0, windows.shape[:2])  # (B, S, E)
        context, _ = self.context(features)  # (B, S, R)
        expected = self.predictor(context).unflatten(2, (self.num_steps, -1))  # (B, S, K, E)
        return Predictions(features, expected, windows.amax(dim=(2, 3, 4)) > INK)
