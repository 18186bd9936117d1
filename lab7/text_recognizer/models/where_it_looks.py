"""Where on a page a model looked for each character, worked out after it has read: reading itself is not slowed.

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


class Look(NamedTuple):
    """What was read in one image, and from where."""

    tokens: torch.Tensor  # (T,), without start, end and padding
    maps: torch.Tensor  # (T, H', W'), how much each cell counted for each token; each map adds up to 1

    def places(self, height: int, width: int) -> torch.Tensor:
        """Return for each token the middle (x, y) of the cell that counted most, in pixels of the image: (T, 2)."""
        _, rows, columns = self.maps.shape
        best = self.maps.flatten(1).argmax(dim=1)
        x, y = (best % columns + 0.5) * width / columns, (best // columns + 0.5) * height / rows
        return torch.stack([x, y], dim=1)


@torch.inference_mode()
def where_it_looks(model: nn.Module, x: torch.Tensor, blank: int) -> Look:
    """Let a model in evaluation mode read one image (1, 1, H, W), and say where it looked for each character.

    Parameters
    ----------
    model
        A ResnetTransformer, whose decoder looks at all cells before it writes a character, some more than others; or a
        ParagraphResNetLSTM, which reads each character out of some cells side by side.
    x
        The image.
    blank
        The class that stands for "no character here".

    Raises
    ------
    UserError
        If it is another model.
    """
    if isinstance(model, ResnetTransformer):
        return _where_attention_looks(model, x)
    if isinstance(model, ParagraphResNetLSTM):
        return where_ctc_reads(model.read_rows(x)[0], blank)
    raise UserError(f"{type(model).__name__}: expected a model of paragraphs, ResnetTransformer or ParagraphResNetLSTM")


def _where_attention_looks(model: ResnetTransformer, x: torch.Tensor) -> Look:
    memory, tokens = model.encode(x), model.predict(x)
    num = int((tokens[0] != model.tokens.padding).sum())  # with the start token
    weights = attention_weights(model.decoder, tokens[:, : num - 1], memory)  # (L, 1, N, T, S)
    maps = weights.mean(dim=(0, 1, 2)).unflatten(1, model.map_shape)  # (T, S) -> (T, H', W')
    written = tokens[0, 1:num]
    is_text = written != model.tokens.end
    return Look(written[is_text], maps[is_text])


@torch.inference_mode()
def attention_weights(decoder: TransformerDecoder, tokens: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
    """Return how much each layer and head looked at each cell when it wrote the token after each of `tokens`.

    Fused attention does not tell its weights. So the text goes through the decoder once more, all of it at the same
    time, and the queries and keys that pass by are multiplied again.

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
        (L, B, N, T, S); each row of S adds up to 1.
    """
    with note_attention(decoder) as weights:
        decoder(tokens, memory)
    return torch.stack(weights)


@contextmanager
def note_attention(decoder: TransformerDecoder) -> Iterator[list[torch.Tensor]]:
    """Collect in a list how much each layer looked at each cell, (B, N, T, S) each, while the block runs the decoder.

    Fused attention does not return its weights, so the queries and keys that pass by are multiplied once more, and
    gradients flow through that.
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


def where_ctc_reads(logits: torch.Tensor, blank: int) -> Look:
    """Say which cells each character was read from: (H', W', C) logits, read row after row.

    A character is a run of cells in which it is the likeliest class, as in `ctc_greedy_decode`; how likely it is there
    says how much each cell counts.
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
    return Look(tokens[kept], maps.unflatten(1, (rows, columns)))
