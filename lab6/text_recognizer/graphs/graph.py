"""A weighted finite-state acceptor: states, and arcs between them that each read one label or none.

A path leads from a start state to a final one along arcs; its labels are the sequence that it accepts, the sum of its
weights is its score. Weights are logarithms, so the scores of several paths with the same labels are summed by
log-sum-exp (Mohri, Pereira and Riley, "Weighted Finite-State Transducers in Speech Recognition", 2002).

Letters in this file: A arcs, N states, S frames, C classes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

EPSILON = -1  # the label of an arc that reads nothing


@dataclass(frozen=True)
class Graph:
    """An acceptor.

    Parameters
    ----------
    is_start
        (N,) bool: where paths begin.
    is_final
        (N,) bool: where they may end.
    sources
        (A,) the state that each arc leaves.
    targets
        (A,) the state that it leads to.
    labels
        (A,) what it reads: a class, or EPSILON.
    weights
        (A,) its score, a tensor that may want a gradient.
    """

    is_start: np.ndarray
    is_final: np.ndarray
    sources: np.ndarray
    targets: np.ndarray
    labels: np.ndarray
    weights: torch.Tensor

    @property
    def num_states(self) -> int:
        """N."""
        return len(self.is_start)

    @property
    def num_arcs(self) -> int:
        """A."""
        return len(self.sources)

    def with_weights(self, weights: torch.Tensor) -> "Graph":
        """Return the same graph with other weights (A,)."""
        if len(weights) != self.num_arcs:
            raise ValueError(f"{len(weights)} weights for {self.num_arcs} arcs: expected one for each")
        return Graph(self.is_start, self.is_final, self.sources, self.targets, self.labels, weights)

    def leaving(self) -> list[list[int]]:
        """Return the numbers of the arcs that leave each state."""
        arcs: list[list[int]] = [[] for _ in range(self.num_states)]
        for arc, source in enumerate(self.sources.tolist()):
            arcs[source].append(arc)
        return arcs


def make_graph(
    num_states: int,
    start: Iterable[int],
    final: Iterable[int],
    arcs: Sequence[tuple[int, int, int]],
    weights: torch.Tensor | None = None,
) -> Graph:
    """Build a graph from arcs (source, target, label); the weights are zeros unless given."""
    table = np.array(arcs, dtype=np.int64).reshape(-1, 3)
    if table.size and not (table[:, :2].min() >= 0 and table[:, :2].max() < num_states):
        raise ValueError(f"an arc leads to a state outside 0..{num_states - 1}")
    is_start, is_final = np.zeros(num_states, dtype=bool), np.zeros(num_states, dtype=bool)
    is_start[list(start)] = True
    is_final[list(final)] = True
    weights = torch.zeros(len(table)) if weights is None else weights
    if len(weights) != len(table):
        raise ValueError(f"{len(weights)} weights for {len(table)} arcs: expected one for each")
    sources, targets, labels = table.T
    return Graph(is_start, is_final, sources, targets, labels, weights)


def chain(labels: Sequence[int]) -> Graph:
    """Return the graph that accepts one sequence of labels and no other."""
    return make_graph(len(labels) + 1, [0], [len(labels)], [(i, i + 1, label) for i, label in enumerate(labels)])


def emissions_graph(emissions: torch.Tensor) -> Graph:
    """Turn a network's emissions, (S, C) scores, into the graph of all sequences of S labels."""
    num_steps, num_classes = emissions.shape
    arcs = [(step, step + 1, label) for step in range(num_steps) for label in range(num_classes)]
    return make_graph(num_steps + 1, [0], [num_steps], arcs, emissions.reshape(-1))


def trim(graph: Graph) -> Graph:
    """Remove the states, and their arcs, that lie on no path from a start to a final state."""
    used = reached(graph.is_start, graph.sources, graph.targets) & reached(graph.is_final, graph.targets, graph.sources)
    kept = np.flatnonzero(used[graph.sources] & used[graph.targets])
    number = np.cumsum(used) - 1  # of each state that stays
    return Graph(
        graph.is_start[used],
        graph.is_final[used],
        number[graph.sources[kept]],
        number[graph.targets[kept]],
        graph.labels[kept],
        graph.weights[torch.from_numpy(kept).to(graph.weights.device)],
    )


def reached(seeds: np.ndarray, sources: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return which states (N,) can be reached from some states (N,), these included."""
    found, num_found = seeds.copy(), -1
    while found.sum() != num_found:
        num_found = found.sum()
        found[targets[found[sources]]] = True
    return found
