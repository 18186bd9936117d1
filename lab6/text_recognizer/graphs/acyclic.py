"""Scores of a graph without cycles, state by state: slow and short, as a reference for tests of the fast engine."""

import numpy as np
import torch

from text_recognizer.graphs.graph import EPSILON, Graph


def forward_score(graph: Graph) -> torch.Tensor:
    """Return the log-sum-exp of the scores of all paths; minus infinity if there is none. Autograd does the rest."""
    scores = [graph.weights.new_tensor(0.0 if is_start else -torch.inf) for is_start in graph.is_start]
    for state, arcs in _in_order(graph):
        if arcs:
            ways = torch.stack([scores[graph.sources[arc]] + graph.weights[arc] for arc in arcs] + [scores[state]])
            scores[state] = _logsumexp(ways)
    return _logsumexp(torch.stack([scores[state] for state in np.flatnonzero(graph.is_final)]))


def best_path(graph: Graph) -> tuple[list[int], float]:
    """Return the labels of the path with the highest score, without epsilons, and that score (Viterbi 1967)."""
    scores = np.where(graph.is_start, 0.0, -np.inf)
    back = np.full(graph.num_states, -1)
    weights = graph.weights.detach().double().cpu().numpy()
    for state, arcs in _in_order(graph):
        for arc in arcs:
            score = scores[graph.sources[arc]] + weights[arc]
            if score > scores[state]:
                scores[state], back[state] = score, arc
    ends = np.where(graph.is_final, scores, -np.inf)
    state = int(ends.argmax())
    best, labels = float(ends[state]), []
    while best > -np.inf and back[state] >= 0:
        labels.append(int(graph.labels[back[state]]))
        state = int(graph.sources[back[state]])
    return [label for label in reversed(labels) if label != EPSILON], best


def topological_order(num_states: int, sources: np.ndarray, targets: np.ndarray) -> list[int]:
    """Order states so that each arc leads to a later one (Kahn 1962).

    Raises
    ------
    ValueError
        If arcs lead back to where they came from.
    """
    num_open = np.bincount(targets, minlength=num_states)
    leaving: list[list[int]] = [[] for _ in range(num_states)]
    for source, target in zip(sources.tolist(), targets.tolist(), strict=True):
        leaving[source].append(target)
    order = np.flatnonzero(num_open == 0).tolist()
    for state in order:  # grows while it is gone through
        for target in leaving[state]:
            num_open[target] -= 1
            if num_open[target] == 0:
                order.append(target)
    if len(order) < num_states:
        raise ValueError("arcs lead round in a cycle: expected a graph without cycles")
    return order


def _in_order(graph: Graph) -> list[tuple[int, list[int]]]:
    """Return the states in topological order, each with the arcs that lead to it."""
    entering: list[list[int]] = [[] for _ in range(graph.num_states)]
    for arc, target in enumerate(graph.targets.tolist()):
        entering[target].append(arc)
    order = topological_order(graph.num_states, graph.sources, graph.targets)
    return [(state, entering[state]) for state in order]


def _logsumexp(scores: torch.Tensor) -> torch.Tensor:
    """Return log(sum(exp(scores))); if all are minus infinity, so is the result, with gradients of 0 and not NaN."""
    possible = scores[scores > -torch.inf]
    return possible.logsumexp(0) if len(possible) else scores.new_tensor(-torch.inf)
