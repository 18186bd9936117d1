"""What the models share that write with the modular decoder, whatever encodes the image.

Letters in this file: B batch, H W image, K channels, H' W' map, S = H' W' cells, E embedding.
"""

from typing import Any

import torch
from torch import nn

from text_recognizer.models.cells import CTCHeadModel
from text_recognizer.models.map_positions import MapPositions, make_map_positions
from text_recognizer.models.modular_decoder import DecoderOptions, FeedForward, ModularDecoder, Norm, Positions


class ModularEncoderDecoder(CTCHeadModel):
    """Encodes an image as a map, perhaps thinks about it with a Transformer, and writes with the modular decoder.

    Parameters
    ----------
    data_config
        The data's `config()`; its mapping holds the special tokens.
    map_shape
        H' and W'.
    map_dim
        K, the channels of the encoder's map; E if None.
    tf_dim
        Length of a feature vector, of the cells and in the decoder.
    tf_fc_dim
        Width of the hidden linear layer in each layer of encoder and decoder.
    tf_nhead
        Number of attention heads.
    tf_layers
        Number of layers of the decoder.
    tf_encoder_layers
        Number of layers of a Transformer between the map and the decoder.
    tf_dropout
        Share of the Transformer's values that are silenced at each training step.
    map_positions
        How a cell of the map learns where it stands: sinusoids or axial, by row and column; learned, each cell by
        itself; or none.
    decoder_norm
        What stands before each part of a layer of the decoder.
    decoder_feed_forward
        The small network of a layer of the decoder.
    decoder_positions
        How a token learns where it stands.
    single_key_value
        One head of keys and values for all heads of queries.
    residual_attention
        Add the scores of each layer's attention to those of the next.
    parallel_feed_forward
        Let attention and the small network of a layer work side by side.
    tied_embeddings
        Take the table of embeddings for the logits too.
    """

    def __init__(
        self,
        data_config: dict[str, Any],
        map_shape: tuple[int, int],
        map_dim: int | None,
        tf_dim: int = 256,
        tf_fc_dim: int = 1024,
        tf_nhead: int = 4,
        tf_layers: int = 4,
        tf_encoder_layers: int = 0,
        tf_dropout: float = 0.1,
        map_positions: MapPositions = "axial",
        decoder_norm: Norm = "rms_norm",
        decoder_feed_forward: FeedForward = "geglu",
        decoder_positions: Positions = "rotary",
        single_key_value: bool = True,
        residual_attention: bool = False,
        parallel_feed_forward: bool = False,
        tied_embeddings: bool = False,
    ) -> None:
        super().__init__(data_config, tf_dim, map_shape)
        self.projection = nn.Identity() if map_dim in (None, tf_dim) else nn.Conv2d(map_dim, tf_dim, kernel_size=1)
        self.positions = make_map_positions(map_positions, tf_dim, map_shape)
        layers = (
            nn.TransformerEncoderLayer(
                tf_dim, tf_nhead, tf_fc_dim, tf_dropout, activation="gelu", batch_first=True, norm_first=True
            )
            for _ in range(tf_encoder_layers)
        )
        self.thinker = nn.Sequential(*layers)
        self.memory_norm = nn.LayerNorm(tf_dim)
        options = DecoderOptions(
            norm=decoder_norm,
            feed_forward=decoder_feed_forward,
            positions=decoder_positions,
            single_key_value=single_key_value,
            residual_attention=residual_attention,
            parallel_feed_forward=parallel_feed_forward,
            tied_embeddings=tied_embeddings,
        )
        self.decoder = ModularDecoder(  # type: ignore[assignment]  # the same methods as lab 4's
            self.num_classes, data_config["output_dims"][0], tf_dim, tf_fc_dim, tf_nhead, tf_layers, tf_dropout, options
        )

    def encode_map(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images -> (B, K, H', W') map."""
        raise NotImplementedError

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images -> (B, S, E) features, row after row of the map."""
        x = self.positions(self.projection(self.encode_map(x)))  # (B, E, H', W')
        return self.memory_norm(self.thinker(x.flatten(2).permute(0, 2, 1)))  # (B, E, S) -> (B, S, E)
