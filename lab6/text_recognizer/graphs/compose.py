"""The sequences that two graphs both accept."""

import numpy as np
import torch

from text_recognizer.graphs.graph import EPSILON, Graph, make_graph, trim

State = tuple[int, int, int]  # a state of each graph, and whether the second one may only move on its own
NO_ARC = -1


def compose(first: Graph, second: Graph) -> Graph:
    """Return the graph of the sequences that both graphs accept, with the sum of their scores.

    The weights keep their gradients.
    """
    graph, pairs = match(first, second)
    return graph.with_weights(_sums(first, second, pairs))


def match(first: Graph, second: Graph) -> tuple[Graph, np.ndarray]:
    """Find the matching arcs of two graphs: a graph with weights of zero, and the pair behind each of its A arcs.

    A state of the result is a pair of states. Two arcs with the same label match; an epsilon arc is taken while the
    other graph waits. Where both graphs have epsilon arcs, each order of taking them would be counted as a path of its
    own: so those of the first graph come first, and a bit beside the pair remembers that those of the second have begun
    (the epsilon filter of Mohri, Pereira and Riley 2002, section 3.1). States that lie on no path are left out.

    Returns
    -------
    tuple
        The graph, and (A, 2) the numbers of the arcs, NO_ARC for the graph that waits.
    """
    leaving_first, leaving_second = first.leaving(), _by_label(second)
    first_labels, first_targets = first.labels.tolist(), first.targets.tolist()
    second_targets = second.targets.tolist()
    starts = [(int(i), int(j), 0) for i in np.flatnonzero(first.is_start) for j in np.flatnonzero(second.is_start)]
    number: dict[State, int] = {state: i for i, state in enumerate(starts)}
    queue, arcs, pairs = list(starts), [], []

    def add(source: State, target: State, label: int, arc: int, other: int) -> None:
        if target not in number:
            number[target] = len(number)
            queue.append(target)
        arcs.append((number[source], number[target], label))
        pairs.append((arc, other))

    for state in queue:  # grows while it is gone through
        i, j, second_only = state
        for other in leaving_second[j].get(EPSILON, ()):
            add(state, (i, second_targets[other], 1), EPSILON, NO_ARC, other)
        for arc in leaving_first[i]:
            label = first_labels[arc]
            if label != EPSILON:
                for other in leaving_second[j].get(label, ()):
                    add(state, (first_targets[arc], second_targets[other], 0), label, arc, other)
            elif not second_only:
                add(state, (first_targets[arc], j, 0), EPSILON, arc, NO_ARC)
    final = [n for (i, j, _), n in number.items() if first.is_final[i] and second.is_final[j]]
    numbered = torch.arange(len(arcs), dtype=torch.float64)  # so that trimming tells which arcs stay
    trimmed = trim(make_graph(len(number), range(len(starts)), final, arcs, numbered))
    kept = np.array(pairs, dtype=np.int64).reshape(-1, 2)[trimmed.weights.long().numpy()]
    return trimmed.with_weights(torch.zeros(trimmed.num_arcs)), kept


def _by_label(graph: Graph) -> list[dict[int, list[int]]]:
    """Return the arcs that leave each state, by their labels."""
    arcs: list[dict[int, list[int]]] = [{} for _ in range(graph.num_states)]
    for arc, (source, label) in enumerate(zip(graph.sources.tolist(), graph.labels.tolist(), strict=True)):
        arcs[source].setdefault(label, []).append(arc)
    return arcs


def _sums(first: Graph, second: Graph, pairs: np.ndarray) -> torch.Tensor:
    """Add the weights of pairs of arcs (A, 2); NO_ARC has weight 0."""
    weights = [torch.cat([graph.weights, graph.weights.new_zeros(1)]) for graph in (first, second)]  # [-1] is NO_ARC
    arcs = torch.from_numpy(pairs).to(first.weights.device)
    return weights[0][arcs[:, 0]] + weights[1][arcs[:, 1]]
