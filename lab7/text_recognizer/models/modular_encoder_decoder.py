"""The base class of models with the modular decoder and any encoder.

Letters in this file: B batch, H W image, K channels, H' W' map, S = H' W' cells, E embedding.
"""

from typing import Any

import torch
from torch import nn

from text_recognizer.models.cells import CTCHeadModel
from text_recognizer.models.map_positions import MapPositions, make_map_positions
from text_recognizer.models.modular_decoder import DecoderOptions, FeedForward, ModularDecoder, Norm, Positions


class ModularEncoderDecoder(CTCHeadModel):
    """Encodes an image as a map, optionally with a Transformer encoder behind it, and decodes with the modular decoder.

    Parameters
    ----------
    data_config
        The data's `config()`; its mapping holds the special tokens.
    map_shape
        H' and W'.
    map_dim
        K, the channels of the encoder's map; E if None.
    tf_dim
        E, the width of the cells' features and of the decoder.
    tf_fc_dim
        Width of the hidden linear layer in each layer of encoder and decoder.
    tf_nhead
        Number of attention heads.
    tf_layers
        Number of layers of the decoder.
    tf_encoder_layers
        Number of layers of a Transformer encoder between the map and the decoder.
    tf_dropout
        Dropout probability of the Transformer.
    map_positions
        The positional encoding of the map: sinusoids or axial, by row and column; learned, for each cell; or none.
    decoder_norm
        The normalisation before each part of a layer of the decoder.
    decoder_feed_forward
        The feed-forward network of a layer of the decoder.
    decoder_positions
        The encoding of a token's position.
    single_key_value
        One head of keys and values for all heads of queries.
    residual_attention
        Add the scores of each layer's attention to those of the next.
    parallel_feed_forward
        Apply attention and the feed-forward network of a layer to the same input.
    tied_embeddings
        Use the embedding matrix for the logits too.
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
        """(B, 1, H, W) images -> (B, S, E) features, row by row of the map."""
        x = self.positions(self.projection(self.encode_map(x)))  # (B, E, H', W')
        return self.memory_norm(self.thinker(x.flatten(2).permute(0, 2, 1)))  # (B, E, S) -> (B, S, E)
