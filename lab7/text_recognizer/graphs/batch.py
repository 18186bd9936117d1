"""Several graphs as one, arranged for a batch of emissions that is read frame by frame.

Letters in this file: B batch, A arcs, N states of all graphs together, C classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from text_recognizer.graphs.acyclic import topological_order
from text_recognizer.graphs.graph import EPSILON, Graph


@dataclass(frozen=True)
class Arcs:
    """Some of the arcs: their numbers, their sources and targets, and the emissions that they read in a frame.

    `cells` are indices into a frame's emissions (B * C,); empty for epsilon arcs.
    """

    numbers: torch.Tensor
    sources: torch.Tensor
    targets: torch.Tensor
    cells: torch.Tensor


@dataclass(frozen=True)
class Batch:
    """B graphs side by side.

    Parameters
    ----------
    rows
        (N,) the graph that each state belongs to.
    is_start
        (N,) bool.
    is_final
        (N,) bool.
    reading
        The arcs that read a label each.
    silent
        The arcs that read none, in levels: those of one level leave states that no later level leads to.
    num_graphs
        B.
    """

    rows: torch.Tensor
    is_start: torch.Tensor
    is_final: torch.Tensor
    reading: Arcs
    silent: tuple[Arcs, ...]
    num_graphs: int


def pack(graphs: Sequence[Graph], num_classes: int, device: torch.device) -> Batch:
    """Lay graphs side by side.

    Raises
    ------
    ValueError
        If a label is no class, or arcs that read nothing lead round in a cycle.
    """
    first_states = np.cumsum([0, *(graph.num_states for graph in graphs)])
    sources, targets = (
        np.concatenate([getattr(graph, name) + first_states[row] for row, graph in enumerate(graphs)])
        for name in ("sources", "targets")
    )
    labels = np.concatenate([graph.labels for graph in graphs])
    if labels.size and labels.max() >= num_classes:
        raise ValueError(f"an arc reads the class {labels.max()}: expected 0 to {num_classes - 1}")
    rows = np.repeat(np.arange(len(graphs)), [graph.num_states for graph in graphs])
    cells = rows[sources] * num_classes + labels

    def arcs(numbers: np.ndarray, reads: bool) -> Arcs:
        parts = (numbers, sources[numbers], targets[numbers], cells[numbers] if reads else numbers[:0])
        return Arcs(*(torch.from_numpy(part).to(device) for part in parts))

    silent = np.flatnonzero(labels == EPSILON)
    levels = _levels(len(rows), sources[silent], targets[silent])
    return Batch(
        torch.from_numpy(rows).to(device),
        torch.from_numpy(np.concatenate([graph.is_start for graph in graphs])).to(device),
        torch.from_numpy(np.concatenate([graph.is_final for graph in graphs])).to(device),
        arcs(np.flatnonzero(labels != EPSILON), reads=True),
        tuple(arcs(silent[levels == level], reads=False) for level in range(levels.max(initial=-1) + 1)),
        len(graphs),
    )


def _levels(num_states: int, sources: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return for each arc the length of the longest chain of arcs that leads to its source."""
    depth = np.zeros(num_states, dtype=np.int64)
    place = np.empty(num_states, dtype=np.int64)
    place[topological_order(num_states, sources, targets)] = np.arange(num_states)
    for arc in np.argsort(place[sources], kind="stable").tolist():
        depth[targets[arc]] = max(depth[targets[arc]], depth[sources[arc]] + 1)
    return depth[sources]
