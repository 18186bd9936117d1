import math

import pytest

from tests.graphs.small_graphs import paths, random_graph, scores_by_labels
from text_recognizer.graphs.acyclic import best_path, forward_score
from text_recognizer.graphs.graph import make_graph


@pytest.mark.parametrize("seed", range(10))
def test_the_forward_score_is_that_of_all_paths_together(seed):
    graph = random_graph(seed, num_states=5, num_arcs=12, cycles=False)
    assert forward_score(graph).exp().item() == pytest.approx(sum(scores_by_labels(graph, 9).values()))


@pytest.mark.parametrize("seed", range(10))
def test_the_best_path_is_the_one_with_the_highest_score(seed):
    graph = random_graph(seed, num_states=5, num_arcs=12, cycles=False)
    score, labels = max((sum(graph.weights[list(arcs)].tolist()), labels) for labels, arcs in paths(graph, 9))
    assert best_path(graph) == (list(labels), pytest.approx(score))


def test_without_a_path_the_score_is_minus_infinity():
    graph = make_graph(2, [0], [1], [])
    assert forward_score(graph).item() == -math.inf
    assert best_path(graph) == ([], -math.inf)


def test_a_cycle_is_refused():
    with pytest.raises(ValueError, match="cycle"):
        forward_score(make_graph(2, [0], [1], [(0, 1, 0), (1, 0, 0)]))
