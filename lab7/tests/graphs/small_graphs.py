"""Small random graphs, and their scores by looking at each path."""

import math

import numpy as np
import torch

from text_recognizer.graphs.graph import EPSILON, make_graph


def random_graph(seed, num_states=4, num_arcs=9, num_classes=3, epsilons=True, cycles=True):
    """Draw arcs at random; those that read nothing lead to later states only, so that they form no cycle."""
    rng = np.random.default_rng(seed)
    arcs = []
    while len(arcs) < num_arcs:
        source, target = (int(state) for state in rng.integers(num_states, size=2))
        label = int(rng.integers(EPSILON if epsilons else 0, num_classes))
        if source < target or (cycles and label != EPSILON):
            arcs.append((source, target, label))
    weights = torch.from_numpy(rng.normal(size=num_arcs))
    return make_graph(num_states, [0, 1], [num_states - 1, num_states - 2], arcs, weights)


def paths(graph, max_labels):
    """Yield (labels, arcs) of each path with at most so many labels."""
    leaving = graph.leaving()
    stack = [(int(state), (), ()) for state in np.flatnonzero(graph.is_start)]
    while stack:
        state, labels, arcs = stack.pop()
        if graph.is_final[state]:
            yield labels, arcs
        for arc in leaving[state]:
            label = int(graph.labels[arc])
            longer = labels if label == EPSILON else (*labels, label)
            if len(longer) <= max_labels:
                stack.append((int(graph.targets[arc]), longer, (*arcs, arc)))


def scores_by_labels(graph, max_labels):
    """Return the sum of exp(score) of all paths, by the labels that they read."""
    sums = {}
    for labels, arcs in paths(graph, max_labels):
        sums[labels] = sums.get(labels, 0.0) + math.exp(sum(graph.weights[arc].item() for arc in arcs))
    return sums
