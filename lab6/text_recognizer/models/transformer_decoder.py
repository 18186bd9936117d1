"""The course's Transformer decoder, which generates a text token by token from an image's features.

torch.nn.TransformerDecoder has no cache of keys and values, and this one is there to be read, so it is our own.

Letters in this file: B batch, T tokens, S memory, E embedding, N heads, D = E / N, C classes.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn

from text_recognizer.models.transformer_util import Attention, KeysValues, PositionalEncoding


@dataclass
class LayerCache:
    """Keys and values of a layer, kept for the next step."""

    memory: KeysValues  # of the image: (B, N, S, D) each
    keys: torch.Tensor  # of the tokens so far: (B, N, max_length, D), filled from the left
    values: torch.Tensor

    def append(self, keys_values: KeysValues, position: int) -> KeysValues:
        """Store the keys and values of one more token, (B, N, 1, D) each; return those of all so far."""
        self.keys[:, :, position : position + 1], self.values[:, :, position : position + 1] = keys_values
        return self.keys[:, :, : position + 1], self.values[:, :, : position + 1]

    def select(self, rows: torch.Tensor) -> "LayerCache":
        """Keep some rows of the batch."""
        return LayerCache((self.memory[0][rows], self.memory[1][rows]), self.keys[rows], self.values[rows])


class DecoderLayer(nn.Module):
    """Self-attention, cross-attention and a feed-forward part, each with a residual connection.

    The norms come before each part ("pre-norm"), which trains without a warm-up (Xiong et al. 2020).

    Parameters
    ----------
    dim
        E.
    fc_dim
        Width of the hidden linear layer.
    num_heads
        N.
    dropout
        Share of values that are silenced in training.
    """

    def __init__(self, dim: int, fc_dim: int, num_heads: int, dropout: float) -> None:
        super().__init__()
        self.self_norm, self.self_attention = nn.LayerNorm(dim), Attention(dim, num_heads)
        self.cross_norm, self.cross_attention = nn.LayerNorm(dim), Attention(dim, num_heads)
        self.fc = nn.Sequential(
            nn.LayerNorm(dim), nn.Linear(dim, fc_dim), nn.GELU(), nn.Dropout(dropout), nn.Linear(fc_dim, dim)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor, memory: KeysValues) -> torch.Tensor:
        """(B, T, E) -> (B, T, E), all tokens at once."""
        normed = self.self_norm(x)
        x = x + self.dropout(self.self_attention(normed, self.self_attention.keys_values(normed), is_causal=True))
        return self._attend_to_memory(x, memory)

    def step(self, x: torch.Tensor, cache: LayerCache, position: int) -> torch.Tensor:
        """(B, 1, E) -> (B, 1, E), the token at `position`; those before it are in the cache."""
        normed = self.self_norm(x)
        so_far = cache.append(self.self_attention.keys_values(normed), position)
        x = x + self.dropout(self.self_attention(normed, so_far))
        return self._attend_to_memory(x, cache.memory)

    def _attend_to_memory(self, x: torch.Tensor, memory: KeysValues) -> torch.Tensor:
        x = x + self.dropout(self.cross_attention(self.cross_norm(x), memory))
        return x + self.dropout(self.fc(x))


class TransformerDecoder(nn.Module):
    """Predicts the next token after each token.

    Parameters
    ----------
    num_classes
        C, the number of different tokens.
    max_length
        Maximal number of tokens in a text.
    dim
        E.
    fc_dim
        Width of each layer's hidden linear layer.
    num_heads
        N.
    num_layers
        Number of layers.
    dropout
        Share of values that are silenced in training.
    """

    def __init__(
        self, num_classes: int, max_length: int, dim: int, fc_dim: int, num_heads: int, num_layers: int, dropout: float
    ) -> None:
        super().__init__()
        self.max_length = max_length
        self.embedding = nn.Embedding(num_classes, dim)
        # Embeddings this small, scaled by sqrt(E) below, are about as large as the positions added to them.
        nn.init.normal_(self.embedding.weight, std=dim**-0.5)
        self.scale = math.sqrt(dim)
        self.positions = PositionalEncoding(dim, max_length)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(DecoderLayer(dim, fc_dim, num_heads, dropout) for _ in range(num_layers))
        self.norm = nn.LayerNorm(dim)
        self.classifier = nn.Linear(dim, num_classes)

    def forward(self, tokens: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        """(B, T) tokens, (B, S, E) features -> (B, T, C) logits of the token after each; used in training."""
        x = self._embed(tokens, 0)
        for layer in self._each_layer():
            x = layer(x, layer.cross_attention.keys_values(memory))
        return self.classifier(self.norm(x))

    def start(self, memory: torch.Tensor) -> list[LayerCache]:
        """Compute the keys and values of the features (B, S, E) once for each layer."""
        caches = []
        for layer in self._each_layer():
            # Laid out anew once, they are read faster at every step.
            keys, values = (part.contiguous() for part in layer.cross_attention.keys_values(memory))
            shape = (*keys.shape[:2], self.max_length, keys.shape[3])
            caches.append(LayerCache((keys, values), keys.new_empty(shape), values.new_empty(shape)))
        return caches

    def step(self, tokens: torch.Tensor, caches: list[LayerCache], position: int) -> torch.Tensor:
        """(B,) tokens at `position` -> (B, C) logits of the next ones; the caches hold those before."""
        x = self._embed(tokens[:, None], position)
        for layer, cache in zip(self._each_layer(), caches, strict=True):
            x = layer.step(x, cache, position)
        return self.classifier(self.norm(x[:, 0]))

    def _each_layer(self) -> Iterator[DecoderLayer]:
        yield from self.layers  # type: ignore[misc]  # a ModuleList does not tell what it holds

    def _embed(self, tokens: torch.Tensor, first: int) -> torch.Tensor:
        return self.dropout(self.positions(self.embedding(tokens) * self.scale, first))  # (B, T, E)


@torch.inference_mode()
def greedy_decode(
    decoder: TransformerDecoder, memory: torch.Tensor, start: int, end: int, padding: int
) -> torch.Tensor:
    """Append the most probable token until the end token or the maximal length.

    A row that has ended leaves the batch.

    Parameters
    ----------
    decoder
        The decoder, in evaluation mode.
    memory
        (B, S, E) features.
    start
        The token that every row begins with.
    end
        The token that ends a row.
    padding
        Fills a row after its end.

    Returns
    -------
    Tensor
        (B, max_length) tokens, with the start token and, where it was reached, the end token.
    """
    written = torch.full((len(memory), decoder.max_length), padding, device=memory.device)
    written[:, 0] = start
    rows = torch.arange(len(memory), device=memory.device)  # those that are still being written
    caches = decoder.start(memory)
    for position in range(decoder.max_length - 1):
        tokens = decoder.step(written[rows, position], caches, position).argmax(dim=1)
        written[rows, position + 1] = tokens
        going_on = tokens != end
        if not going_on.all():
            rows = rows[going_on]
            caches = [cache.select(going_on) for cache in caches]
        if len(rows) == 0:
            break
    return written
