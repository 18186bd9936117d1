"""A Transformer decoder whose parts can be exchanged by flags.

It has the same methods as lab 4's decoder in `transformer_decoder.py`, so both decode in the same way.

Letters in this file: B batch, T tokens, S memory, E embedding, N heads, G heads of keys and values, D = E / N,
C classes.
"""

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import nn

from text_recognizer.models.decoder_parts import (
    NORMS,
    LearnedPositions,
    ModularAttention,
    RotaryPositions,
    make_feed_forward,
)
from text_recognizer.models.transformer_util import KeysValues, PositionalEncoding

Norm = Literal["layer_norm", "rms_norm"]
FeedForward = Literal["gelu", "swiglu", "geglu"]
Positions = Literal["sinusoids", "learned", "rotary"]


@dataclass(frozen=True)
class DecoderOptions:
    """The choice of the decoder's parts; the values are those of the flags with the same names.

    Parameters
    ----------
    norm
        The normalisation before each part of a layer.
    feed_forward
        The feed-forward network of a layer.
    positions
        The encoding of a token's position.
    single_key_value
        One head of keys and values for all heads of queries.
    residual_attention
        Add the scores of each layer's attention to those of the next.
    parallel_feed_forward
        Apply attention and the feed-forward network of a layer to the same input, not one after the other.
    tied_embeddings
        Use the embedding matrix for the logits too.
    """

    norm: Norm = "layer_norm"
    feed_forward: FeedForward = "gelu"
    positions: Positions = "sinusoids"
    single_key_value: bool = False
    residual_attention: bool = False
    parallel_feed_forward: bool = False
    tied_embeddings: bool = False


@dataclass
class Looking:
    """The state passed from layer to layer beside the tokens: their positions, and the scores of the layer before."""

    first: int = 0  # position of the first token
    mask: torch.Tensor | None = None  # (T, T), true where a token may attend
    self_scores: torch.Tensor | None = None  # (B, N, T, T)
    cross_scores: torch.Tensor | None = None  # (B, N, T, S)


@dataclass
class ModularCache:
    """A layer's cache of keys and values, which need not be computed again at the next step."""

    memory: KeysValues  # of the image: (B, G, S, D) each
    keys: torch.Tensor  # of the tokens so far, already rotated: (B, G, max_length, D), filled from the left
    values: torch.Tensor

    def append(self, keys_values: KeysValues, position: int) -> KeysValues:
        """Store the keys and values (B, G, 1, D) of one more token; return those of all tokens so far."""
        self.keys[:, :, position : position + 1], self.values[:, :, position : position + 1] = keys_values
        return self.keys[:, :, : position + 1], self.values[:, :, : position + 1]

    def select(self, rows: torch.Tensor) -> "ModularCache":
        """Select rows of the batch."""
        return ModularCache((self.memory[0][rows], self.memory[1][rows]), self.keys[rows], self.values[rows])


class ModularLayer(nn.Module):
    """Self-attention, cross-attention and a feed-forward network, each with a residual connection.

    Parameters
    ----------
    dim
        E.
    fc_dim
        Width of the hidden linear layer.
    num_heads
        N.
    dropout
        Dropout probability.
    options
        The choice of parts.
    rotary
        Rotates queries and keys of tokens; None for other positions.
    """

    def __init__(
        self,
        dim: int,
        fc_dim: int,
        num_heads: int,
        dropout: float,
        options: DecoderOptions,
        rotary: RotaryPositions | None,
    ) -> None:
        super().__init__()
        norm = NORMS[options.norm]
        self.options = options
        self.rotary = rotary
        self.self_norm = norm(dim)
        self.self_attention = ModularAttention(dim, num_heads, options.single_key_value)
        self.cross_norm = norm(dim)
        self.cross_attention = ModularAttention(dim, num_heads, options.single_key_value)
        self.fc_norm = nn.Identity() if options.parallel_feed_forward else norm(dim)
        self.fc = make_feed_forward(dim, fc_dim, options.feed_forward, dropout)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, x: torch.Tensor, memory: KeysValues, looking: Looking, cache: ModularCache | None = None
    ) -> tuple[torch.Tensor, Looking]:
        """(B, T, E) -> (B, T, E), and the state for the next layer.

        With a cache, T is 1: the cache holds the keys and values of the tokens before.
        """
        keeps = self.options.residual_attention
        normed = self.self_norm(x)
        queries = self.self_attention.queries(normed)
        keys_values = self.self_attention.keys_values(normed)
        if self.rotary is not None:
            queries = self.rotary(queries, looking.first)
            keys_values = self.rotary(keys_values[0], looking.first), keys_values[1]
        if cache is not None:
            keys_values = cache.append(keys_values, looking.first)
        seen, self_scores = self.self_attention(queries, keys_values, looking.mask, looking.self_scores, keeps)
        x = x + self.dropout(seen)
        if self.options.parallel_feed_forward:
            x = x + self.dropout(self.fc(normed))
        queries = self.cross_attention.queries(self.cross_norm(x))
        seen, cross_scores = self.cross_attention(queries, memory, None, looking.cross_scores, keeps)
        x = x + self.dropout(seen)
        if not self.options.parallel_feed_forward:
            x = x + self.dropout(self.fc(self.fc_norm(x)))
        return x, replace(looking, self_scores=self_scores, cross_scores=cross_scores)


class ModularDecoder(nn.Module):
    """Computes for each token the logits of the next.

    Parameters
    ----------
    num_classes
        C, the size of the vocabulary.
    max_length
        Most tokens in a text.
    dim
        E.
    fc_dim
        Width of each layer's hidden linear layer.
    num_heads
        N.
    num_layers
        Number of layers.
    dropout
        Dropout probability.
    options
        The choice of parts.
    """

    def __init__(
        self,
        num_classes: int,
        max_length: int,
        dim: int,
        fc_dim: int,
        num_heads: int,
        num_layers: int,
        dropout: float,
        options: DecoderOptions,
    ) -> None:
        super().__init__()
        self.max_length = max_length
        self.embedding = nn.Embedding(num_classes, dim)
        nn.init.normal_(self.embedding.weight, std=dim**-0.5)  # times sqrt(E), as large as the positions; see lab 4
        self.scale = dim**0.5
        rotary = RotaryPositions(dim // num_heads, max_length) if options.positions == "rotary" else None
        added = {"sinusoids": PositionalEncoding, "learned": LearnedPositions}.get(options.positions)
        self.positions = added(dim, max_length) if added else None
        self.dropout = nn.Dropout(dropout)
        layers = (ModularLayer(dim, fc_dim, num_heads, dropout, options, rotary) for _ in range(num_layers))
        self.layers = nn.ModuleList(layers)
        self.norm = NORMS[options.norm](dim)
        self.classifier = nn.Linear(dim, num_classes)
        if options.tied_embeddings:
            self.classifier.weight = self.embedding.weight  # one shared matrix (Press and Wolf 2017)

    def forward(self, tokens: torch.Tensor, memory: torch.Tensor, is_causal: bool = True) -> torch.Tensor:
        """(B, T) tokens, (B, S, E) features -> (B, T, C) logits of the token after each; used in training.

        If it is not causal, each token attends to all others, so masked tokens are predicted from both sides.
        """
        x = self._embed(tokens, 0)
        num = tokens.shape[1]
        looking = Looking(mask=torch.ones(num, num, dtype=torch.bool, device=x.device).tril() if is_causal else None)
        for layer in self._each_layer():
            x, looking = layer(x, layer.cross_attention.keys_values(memory), looking)
        return self.classifier(self.norm(x))

    def start(self, memory: torch.Tensor) -> list[ModularCache]:
        """Start decoding: compute each layer's keys and values of the features (B, S, E)."""
        caches = []
        for layer in self._each_layer():
            keys, values = (part.contiguous() for part in layer.cross_attention.keys_values(memory))
            shape = (*keys.shape[:2], self.max_length, keys.shape[3])
            caches.append(ModularCache((keys, values), keys.new_empty(shape), values.new_empty(shape)))
        return caches

    def step(self, tokens: torch.Tensor, caches: list[ModularCache], position: int) -> torch.Tensor:
        """(B,) tokens at `position` -> (B, C) logits of the next ones; the caches hold those before."""
        x = self._embed(tokens[:, None], position)
        looking = Looking(first=position)
        for layer, cache in zip(self._each_layer(), caches, strict=True):
            x, looking = layer(x, cache.memory, looking, cache)
        return self.classifier(self.norm(x[:, 0]))

    def _each_layer(self) -> list[ModularLayer]:
        return list(self.layers)  # type: ignore[arg-type]  # a ModuleList has no element type

    def _embed(self, tokens: torch.Tensor, first: int) -> torch.Tensor:
        x = self.embedding(tokens) * self.scale  # (B, T, E)
        return self.dropout(x if self.positions is None else self.positions(x, first))
