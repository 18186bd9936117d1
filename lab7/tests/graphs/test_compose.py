import pytest
import torch

from tests.graphs.small_graphs import paths, random_graph, scores_by_labels
from text_recognizer.graphs.acyclic import forward_score
from text_recognizer.graphs.compose import compose
from text_recognizer.graphs.graph import EPSILON, chain, make_graph


@pytest.mark.parametrize("seed", range(7))
def test_what_both_accept_has_the_sum_of_both_scores(seed):
    first, second = random_graph(seed), random_graph(seed + 100, num_states=5, num_arcs=18)
    one, other = scores_by_labels(first, 4), scores_by_labels(second, 4)
    assert one.keys() & other.keys()
    expected = {labels: one[labels] * other[labels] for labels in one.keys() & other.keys()}
    assert scores_by_labels(compose(first, second), 4) == pytest.approx(expected)


def test_arcs_without_labels_in_both_graphs_make_one_path_and_not_one_for_each_order():
    graph = make_graph(3, [0], [2], [(0, 1, EPSILON), (1, 2, 0)])
    assert len(list(paths(compose(graph, graph), 2))) == 1


def test_graphs_that_share_nothing_give_a_graph_without_states():
    assert compose(chain([0]), chain([1])).num_states == 0


def test_gradients_reach_the_weights_of_both_graphs():
    first = random_graph(1, cycles=False)
    second = random_graph(2, cycles=False)
    weights = [graph.weights.clone().requires_grad_() for graph in (first, second)]

    def score(*weights):
        return forward_score(compose(first.with_weights(weights[0]), second.with_weights(weights[1])))

    assert torch.isfinite(score(*weights))
    assert torch.autograd.gradcheck(score, weights)
