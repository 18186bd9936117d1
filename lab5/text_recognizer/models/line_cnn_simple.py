"""Reads a line through a window that slides to the right.

Letters in this file: B batch, H W image, S windows, C classes.
"""

from typing import Any

import torch

from text_recognizer.models.base import Model
from text_recognizer.models.cnn import CNN
from text_recognizer.util import UserError


class LineCNNSimple(Model):
    """A CNN applied to each window of a line, by itself: S = (W - window_width) // window_stride + 1 readings.

    Parameters
    ----------
    data_config
        The data's `config()`.
    window_width
        Width of the window in pixels.
    window_stride
        Pixels from one window to the next.
    limit_output_length
        Drop the readings beyond the data's longest row of labels.
    """

    def __init__(
        self,
        data_config: dict[str, Any],
        window_width: int = 28,
        window_stride: int = 28,
        limit_output_length: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__()
        channels, height, width = data_config["input_dims"]
        if not (2 <= window_width <= width and window_stride >= 1):
            raise UserError(
                f"--window_width={window_width} --window_stride={window_stride}: expected a width of 2 to {width}, the "
                "image's own, and a stride of 1 or more"
            )
        self.window_width = window_width
        self.window_stride = window_stride
        self.limit_length = data_config["output_dims"][0] if limit_output_length else None
        self.cnn = CNN({**data_config, "input_dims": (channels, height, window_width)}, **kwargs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images of lines -> (B, C, S) logits."""
        windows = x.unfold(3, self.window_width, self.window_stride)  # (B, 1, H, S, window_width)
        windows = windows.permute(0, 3, 1, 2, 4)  # (B, S, 1, H, window_width)
        if self.limit_length is not None:
            windows = windows[:, : self.limit_length]
        logits = self.cnn(windows.flatten(0, 1))  # (B S, C)
        return logits.unflatten(0, windows.shape[:2]).permute(0, 2, 1)  # (B, C, S)
