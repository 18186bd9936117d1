"""Computes where on an image a model saw each character, after reading, so that reading itself is not slowed.

Letters in this file: B batch, L layers, N heads, T tokens, E embedding, H' W' map, S = H' W' cells, C classes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import nn

from text_recognizer.models.paragraph_resnet_lstm import ParagraphResNetLSTM
from text_recognizer.models.resnet_transformer import ResnetTransformer
from text_recognizer.models.transformer_decoder import TransformerDecoder
from text_recognizer.util import UserError


class CharacterMaps(NamedTuple):
    """The tokens read on one image, each with a map of its place."""

    tokens: torch.Tensor  # (T,), without start, end and padding
    maps: torch.Tensor  # (T, H', W'), the weight of each cell for each token; each map sums to 1

    def places(self, height: int, width: int) -> torch.Tensor:
        """Return the centre (x, y) of each token's cell with the largest weight, in pixels of the image: (T, 2)."""
        _, rows, columns = self.maps.shape
        best = self.maps.flatten(1).argmax(dim=1)
        x = (best % columns + 0.5) * width / columns
        y = (best // columns + 0.5) * height / rows
        return torch.stack([x, y], dim=1)


@torch.inference_mode()
def character_maps(model: nn.Module, x: torch.Tensor, blank: int) -> CharacterMaps:
    """Read one image (1, 1, H, W) with a model in evaluation mode, and compute the map of each character.

    Parameters
    ----------
    model
        A ResnetTransformer, whose decoder attends to all cells with different weights; or a ParagraphResNetLSTM, which
        reads each character in a run of adjacent cells.
    x
        The image.
    blank
        CTC's blank class.

    Raises
    ------
    UserError
        If it is a model of another class.
    """
    if isinstance(model, ResnetTransformer):
        return _maps_of_attention(model, x)
    if isinstance(model, ParagraphResNetLSTM):
        return maps_of_ctc(model.read_rows(x)[0], blank)
    raise UserError(f"{type(model).__name__}: expected a model of paragraphs, ResnetTransformer or ParagraphResNetLSTM")


def _maps_of_attention(model: ResnetTransformer, x: torch.Tensor) -> CharacterMaps:
    memory = model.encode(x)
    tokens = model.predict(x)
    num = int((tokens[0] != model.tokens.padding).sum())  # with the start token
    weights = attention_weights(model.decoder, tokens[:, : num - 1], memory)  # (L, 1, N, T, S)
    maps = weights.mean(dim=(0, 1, 2)).unflatten(1, model.map_shape)  # (T, S) -> (T, H', W')
    written = tokens[0, 1:num]
    is_text = written != model.tokens.end
    return CharacterMaps(written[is_text], maps[is_text])


@torch.inference_mode()
def attention_weights(decoder: TransformerDecoder, tokens: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
    """Return the attention weights of each layer and head over the cells, at the step after each of `tokens`.

    The text passes through the decoder once more, all of it at once.

    Parameters
    ----------
    decoder
        The decoder, in evaluation mode.
    tokens
        (B, T), from the start token on.
    memory
        (B, S, E) features.

    Returns
    -------
    Tensor
        (L, B, N, T, S); each row of S sums to 1.
    """
    with note_attention(decoder) as weights:
        decoder(tokens, memory)
    return torch.stack(weights)


@contextmanager
def note_attention(decoder: TransformerDecoder) -> Iterator[list[torch.Tensor]]:
    """Collect the attention weights of each layer over the cells, (B, N, T, S), each time the block runs the decoder.

    Fused attention does not return its weights. So a hook multiplies each layer's queries and keys once more; gradients
    pass through it.
    """
    weights: list[torch.Tensor] = []

    def note(attention: Any, args: tuple) -> None:
        x, (keys, _) = args  # (B, T, E), (B, N, S, D)
        queries = attention.query(x).unflatten(2, (attention.num_heads, -1)).transpose(1, 2)  # (B, N, T, D)
        weights.append((queries @ keys.mT * keys.shape[3] ** -0.5).softmax(dim=3))

    hooks = [layer.cross_attention.register_forward_pre_hook(note) for layer in decoder.layers]  # type: ignore[union-attr]
    try:
        yield weights
    finally:
        for hook in hooks:
            hook.remove()


def maps_of_ctc(logits: torch.Tensor, blank: int) -> CharacterMaps:
    """Compute the map of each character from CTC's logits (H', W', C), read row by row.

    A character is a run of cells in which it is the most probable class, as in `ctc_greedy_decode`; the weights of the
    cells are proportional to its probability in them.
    """
    rows, columns, _ = logits.shape
    likelihoods, path = logits.softmax(dim=2).flatten(0, 1).max(dim=1)  # (S,) each
    is_new = torch.ones_like(path, dtype=torch.bool)
    is_new[1:] = path[1:] != path[:-1]
    run_of = is_new.cumsum(dim=0) - 1  # (S,) the number of each cell's run
    tokens = path[is_new]
    maps = torch.zeros(len(tokens), rows * columns)
    maps[run_of, torch.arange(len(path))] = likelihoods.float()
    kept = tokens != blank
    maps = maps[kept] / maps[kept].sum(dim=1, keepdim=True)
    return CharacterMaps(tokens[kept], maps.unflatten(1, (rows, columns)))
