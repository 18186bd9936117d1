"""Base classes of models that read a page as a map of cells, in one pass.

Letters in this file: B batch, H W image, H' W' feature map, S = H' W' cells, E embedding, T tokens, C classes.
"""

from typing import Any

import torch
from torch import nn

from text_recognizer.decoding.greedy import ctc_greedy_decode
from text_recognizer.models.base import Model
from text_recognizer.models.encoder_decoder import EncoderDecoder


class MapModel(Model):
    """A model that reads an image as a map of cells."""

    def read_rows(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images -> (B, H', W', C) logits of the cells of the map."""
        raise NotImplementedError


class CTCHeadModel(EncoderDecoder, MapModel):
    """A model that decodes token by token, and can read all cells at once with an additional CTC head.

    Parameters
    ----------
    data_config
        The data's `config()`; its mapping holds the special tokens.
    dim
        E.
    map_shape
        H' and W'.
    """

    def __init__(self, data_config: dict[str, Any], dim: int, map_shape: tuple[int, int]) -> None:
        super().__init__(data_config)
        self.num_classes = len(data_config["mapping"])
        self.dim = dim
        self.map_shape = map_shape
        self.ctc_head: nn.Linear | None = None

    def add_ctc_head(self) -> None:
        """Add the CTC head; call this before training, or before loading weights with a head."""
        self.ctc_head = nn.Linear(self.dim, self.num_classes)

    @staticmethod
    def is_ctc_head_in(weights: dict[str, torch.Tensor]) -> bool:
        """Tell whether weights belong to a model with a CTC head."""
        return "ctc_head.weight" in weights

    def forward_both(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the logits of `forward`, and the CTC head's logits (B, C, S) of the cells; both share one encoding."""
        features = self.encode(x)
        return self.decoder(y, features).permute(0, 2, 1), self._read_cells(features)  # (B, T, C) -> (B, C, T)

    def read_rows(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images -> (B, H', W', C) logits of the CTC head for the cells of the map."""
        return self._read_cells(self.encode(x)).permute(0, 2, 1).unflatten(1, self.map_shape)  # (B, C, S) -> (B, S, C)

    def read_fast(self, x: torch.Tensor) -> torch.Tensor:
        """Read with the CTC head, in one pass: (B, 1, H, W) images -> (B, S) tokens, then padding."""
        return ctc_greedy_decode(self._read_cells(self.encode(x)), self.tokens.blank, self.tokens.padding)

    def _read_cells(self, features: torch.Tensor) -> torch.Tensor:
        assert self.ctc_head is not None, "call add_ctc_head() first"
        return self.ctc_head(features).permute(0, 2, 1)  # (B, S, C) -> (B, C, S)
