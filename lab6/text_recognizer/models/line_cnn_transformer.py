"""Encodes a line with convolutions and decodes its text with a Transformer.

Letters in this file: B batch, H W image, S windows, E embedding, T tokens, C classes.
"""

from typing import Any

import torch

from text_recognizer.models.encoder_decoder import EncoderDecoder
from text_recognizer.models.line_cnn import LineCNNEncoder
from text_recognizer.models.transformer_decoder import TransformerDecoder
from text_recognizer.models.transformer_util import PositionalEncoding


class LineCNNTransformer(EncoderDecoder):
    """A LineCNN as encoder, and a Transformer decoder that generates one character after another.

    Parameters
    ----------
    data_config
        The data's `config()`; its mapping holds the special tokens.
    conv_dim
        Channels of the first convolutions; the later ones have two and four times as many.
    window_width
        Width of the window in pixels; counts in steps of 8.
    window_stride
        Pixels from one window to the next; counts in steps of 8.
    tf_dim
        Length of a feature vector, of the windows and in the decoder.
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
        conv_dim: int = 32,
        window_width: int = 16,
        window_stride: int = 8,
        tf_dim: int = 256,
        tf_fc_dim: int = 1024,
        tf_nhead: int = 4,
        tf_layers: int = 4,
        tf_dropout: float = 0.2,
    ) -> None:
        super().__init__(data_config)
        self.encoder = LineCNNEncoder(data_config["input_dims"], conv_dim, tf_dim, window_width, window_stride)
        self.positions = PositionalEncoding(tf_dim, self.encoder.num_windows)
        self.decoder = TransformerDecoder(
            num_classes=len(data_config["mapping"]),
            max_length=data_config["output_dims"][0],
            dim=tf_dim,
            fc_dim=tf_fc_dim,
            num_heads=tf_nhead,
            num_layers=tf_layers,
            dropout=tf_dropout,
        )

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images of lines -> (B, S, E) features."""
        return self.positions(self.encoder(x))
