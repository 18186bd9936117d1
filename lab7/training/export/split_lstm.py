"""Splits LSTMs of several layers into LSTMs of one layer, for torch.export.

With torch 2.14, the export of an LSTM of several layers fails if the length of its input is not fixed; and between
LSTMs of one layer each, the exported graph has the length of the example, which `free_lengths` replaces.

Letters in this file: B batch, T steps, L LSTM width, D directions.
"""

import copy
from typing import Any

import numpy as np
import torch
from torch import nn

from text_recognizer.models.base import Model


class OneByOne(nn.Module):
    """LSTMs that run one after the other, as the layers of one do when it reads.

    Parameters
    ----------
    lstm
        The LSTM whose weights they share; `batch_first`.
    """

    def __init__(self, lstm: nn.LSTM) -> None:
        super().__init__()
        assert lstm.batch_first
        assert not lstm.proj_size
        self.layers = nn.ModuleList()
        size = lstm.input_size
        for number in range(lstm.num_layers):
            layer = nn.LSTM(size, lstm.hidden_size, 1, lstm.bias, batch_first=True, bidirectional=lstm.bidirectional)
            for name, _ in [*layer.named_parameters()]:
                setattr(layer, name, getattr(lstm, name.replace("_l0", f"_l{number}")))
            self.layers.append(layer)
            size = lstm.hidden_size * (2 if lstm.bidirectional else 1)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, None]:
        """(B, T, E) -> (B, T, D L), and None in place of the last states."""
        for layer in self.layers:
            x, _ = layer(x)
        return x, None


def with_split_lstms(model: Model) -> Model:
    """Return a model with each LSTM of several layers split, in a copy if there is one."""
    if not any(_is_deep(part) for part in model.modules()):
        return model
    model = copy.deepcopy(model)
    for owner in [*model.modules()]:
        for name, part in owner.named_children():
            if isinstance(part, nn.LSTM) and _is_deep(part):
                setattr(owner, name, OneByOne(part))
    return model


def _is_deep(part: nn.Module) -> bool:
    return isinstance(part, nn.LSTM) and part.num_layers > 1


def free_lengths(graph: Any, length: int) -> None:
    """Let an exported graph with split LSTMs take sequences of any length, not only of the example's.

    Behind an LSTM, (T, B, D, L) is reshaped to a constant shape, (length, -1, D L). A size of 0 copies the input's.

    Parameters
    ----------
    graph
        The graph of an onnx_ir model.
    length
        The length of the example, in time steps.
    """
    import onnx_ir

    for node in graph:
        shape = node.inputs[1] if node.op_type == "Reshape" else None
        if shape is None or shape.const_value is None:
            continue
        sizes = shape.const_value.numpy().tolist()
        if len(sizes) == 3 and sizes[:2] == [length, -1]:
            node.attributes.pop("allowzero", None)
            shape.const_value = onnx_ir.tensor(np.array([0, 0, sizes[2]], dtype=np.int64), name=shape.name)
