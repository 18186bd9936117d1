"""Exports a model with a decoder to ONNX: a graph that encodes an image, and one that decodes one more token.

The loop around the second graph is Python code, in text_recognizer/recognizer/onnx_decoder.py.

Letters in this file: B batch, T tokens, H W image, H' W' the map's rows and columns, S = H' W' cells, C classes, L
layers, N heads, D a head's width, P tokens so far.
"""

import warnings
from pathlib import Path
from typing import Any

import torch
from torch import nn

from text_recognizer.models.cells import CTCHeadModel
from text_recognizer.models.encoder_decoder import EncoderDecoder
from text_recognizer.models.transformer_decoder import TransformerDecoder
from text_recognizer.models.transformer_util import KeysValues
from text_recognizer.recognizer.onnx_decoder import CELLS, LOGITS

EXAMPLE_LENGTH = 7  # tokens so far in the decoder's example
OPSET = 23  # the first with attention as one operator; decomposed, it would copy all keys for each token


class GrowingCache:
    """A cache like `LayerCache`, in tensors that grow: they are inputs of the graph, and longer ones its outputs.

    Parameters
    ----------
    memory
        Keys and values of the image, (1, N, S, D) each.
    so_far
        Keys and values of the tokens so far, (1, N, P, D) each.
    """

    def __init__(self, memory: KeysValues, so_far: KeysValues) -> None:
        self.memory = memory
        self.so_far = so_far

    def append(self, keys_values: KeysValues, position: int) -> KeysValues:
        """Append the keys and values (1, N, 1, D) of one more token; return those of all tokens so far."""
        keys, values = (torch.cat(pair, dim=2) for pair in zip(self.so_far, keys_values, strict=True))
        self.so_far = keys, values
        return self.so_far


class EncoderExport(nn.Module):
    """The first graph: encodes an image.

    Parameters
    ----------
    model
        The model.
    """

    def __init__(self, model: EncoderDecoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(1, 1, H, W) -> each layer's keys and values (1, N, S, D); last, with a CTC head, logits (H', W', C)."""
        memory = self.model.encode(x)
        seen = [part for cache in self.model.decoder.start(memory) for part in cache.memory]
        if isinstance(self.model, CTCHeadModel) and self.model.ctc_head is not None:
            seen.append(self.model.ctc_head(memory)[0].unflatten(0, self.model.map_shape))
        return tuple(seen)


class DecoderStepExport(nn.Module):
    """The second graph: decodes one more token.

    Parameters
    ----------
    decoder
        The model's decoder.
    """

    def __init__(self, decoder: TransformerDecoder) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(
        self, token: torch.Tensor, so_far: list[torch.Tensor], memory: list[torch.Tensor]
    ) -> tuple[torch.Tensor, ...]:
        """(1,) last token, 2 L of (1, N, P, D), 2 L of (1, N, S, D) -> (1, C) logits, 2 L of (1, N, P + 1, D)."""
        pairs = zip(pairs_of(memory), pairs_of(so_far), strict=True)
        caches: Any = [GrowingCache(of_image, of_tokens) for of_image, of_tokens in pairs]
        logits = self.decoder.step(token, caches, position=so_far[0].shape[2])
        return logits, *(part for cache in caches for part in cache.so_far)


def pairs_of(parts: list[torch.Tensor]) -> list[KeysValues]:
    """Group a flat list of keys and values into pairs."""
    return list(zip(parts[::2], parts[1::2], strict=True))


def write_graphs(
    model: EncoderDecoder, input_dims: tuple[int, ...], encoder_filename: Path, decoder_filename: Path
) -> None:
    """Export both graphs of a model in evaluation mode, for images of `input_dims` (1, H, W)."""
    decoder = model.decoder
    encoder = EncoderExport(model).eval()
    step = DecoderStepExport(decoder).eval()
    with torch.no_grad():
        seen = encoder(torch.rand(1, *input_dims))
    layers = range(len(decoder.layers))
    of_image = [f"{kind}_of_image_{layer}" for layer in layers for kind in ("keys", "values")]
    save(encoder, (torch.rand(1, *input_dims),), encoder_filename, output_names=[*of_image, CELLS][: len(seen)])
    memory = list(seen[: len(of_image)])
    so_far = [part.new_zeros((*part.shape[:2], EXAMPLE_LENGTH, part.shape[3])) for part in memory]
    of_tokens = [f"{kind}_of_tokens_{layer}" for layer in layers for kind in ("keys", "values")]
    length = torch.export.Dim("length", max=decoder.max_length - 1)
    save(
        step,
        (torch.tensor([0]), so_far, memory),
        decoder_filename,
        input_names=["token", *of_tokens, *of_image],
        output_names=[LOGITS, *(f"longer_{name}" for name in of_tokens)],
        dynamic_shapes={"token": None, "so_far": [{2: length} for _ in so_far], "memory": [None for _ in memory]},
    )


def save(module: nn.Module, example: tuple[Any, ...], filename: Path, **settings: Any) -> None:
    """Export a module with operator set OPSET."""
    export_graph(module, example, opset_version=OPSET, **settings).save(filename)


def export_graph(module: nn.Module, example: tuple[Any, ...], **settings: Any) -> Any:
    """Export a module with torch.onnx.export, with some settings, without PyTorch's internal warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        warnings.filterwarnings(
            "ignore", message=".*The dynamic axes will not be renamed|.*were assigned during export"
        )
        program = torch.onnx.export(module, example, dynamo=True, verbose=False, **settings)
    assert program is not None
    return program
