"""The base class of models that generate a text token by token.

Letters in this file: B batch, H W image, S memory, E embedding, T tokens, C classes.
"""

from typing import Any

import torch

from text_recognizer.models.base import Model
from text_recognizer.models.transformer_decoder import TransformerDecoder, greedy_decode
from text_recognizer.vocabulary import tokenizer_of


class EncoderDecoder(Model):
    """An encoder of the image, and a decoder that generates its text.

    Parameters
    ----------
    data_config
        The data's `config()`; its mapping holds the special tokens.
    """

    takes_labels = True
    decoder: TransformerDecoder

    def __init__(self, data_config: dict[str, Any]) -> None:
        super().__init__()
        self.tokens = tokenizer_of(data_config).special

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images -> (B, S, E) features."""
        raise NotImplementedError

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images, (B, T) tokens -> (B, C, T) logits of the token after each."""
        return self.decoder(y, self.encode(x)).permute(0, 2, 1)  # (B, T, C) -> (B, C, T)

    def predict(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) images -> (B, max_length) tokens, from the start to the end token, then padding."""
        _, start, end, padding = self.tokens
        return greedy_decode(self.decoder, self.encode(x), start, end, padding)
