import math

import pytest
import torch

from tests.graphs.small_graphs import paths, random_graph
from text_recognizer.graphs.acyclic import best_path, forward_score
from text_recognizer.graphs.align import alignments
from text_recognizer.graphs.compose import compose
from text_recognizer.graphs.graph import EPSILON, chain, emissions_graph, make_graph
from text_recognizer.graphs.score import best_paths, forward_scores

NUM_STEPS, NUM_CLASSES = 4, 3


def draw_emissions(seed, num_examples=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(num_examples, NUM_STEPS, NUM_CLASSES, dtype=torch.float64, generator=generator)


def score_of_paths(emissions, graph):
    """Add up exp(score) of each path of as many labels as there are steps."""
    total = 0.0
    for labels, arcs in paths(graph, NUM_STEPS):
        if len(labels) == NUM_STEPS:
            score = sum(emissions[step, label].item() for step, label in enumerate(labels))
            total += math.exp(score + sum(graph.weights[list(arcs)].tolist()))
    return math.log(total) if total else -math.inf


@pytest.mark.parametrize("seed", range(5))
def test_the_scores_of_a_batch_are_those_of_all_paths(seed):
    graphs = [random_graph(10 * seed + i, num_states=3 + i, num_arcs=10 + i) for i in range(3)]
    emissions = draw_emissions(seed, 3)
    expected = [score_of_paths(example, graph) for example, graph in zip(emissions, graphs, strict=True)]
    assert forward_scores(emissions, graphs).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
def test_scores_and_gradients_are_those_of_composing_with_the_emissions(seed):
    graph, emissions = random_graph(seed), draw_emissions(seed).requires_grad_()
    weights = graph.weights.clone().requires_grad_()
    quick = forward_scores(emissions, [graph.with_weights(weights)])[0]
    slow = forward_score(compose(emissions_graph(emissions[0]), graph.with_weights(weights)))
    assert quick.item() == pytest.approx(slow.item())
    for one, other in zip(
        torch.autograd.grad(quick, [emissions, weights]), torch.autograd.grad(slow, [emissions, weights]), strict=True
    ):
        torch.testing.assert_close(one, other)


def test_gradients_are_those_of_finite_differences():
    graphs = [random_graph(seed, num_states=4 + seed) for seed in range(2)]
    weights = [graph.weights.clone().requires_grad_() for graph in graphs]

    def score(emissions, *weights):
        return forward_scores(emissions, [graph.with_weights(w) for graph, w in zip(graphs, weights, strict=True)])

    assert torch.autograd.gradcheck(score, [draw_emissions(0, 2).requires_grad_(), *weights])


@pytest.mark.parametrize("seed", range(10))
def test_best_paths_are_those_of_composing_with_the_emissions(seed):
    graphs = [random_graph(10 * seed + i, num_states=4 + i, num_arcs=14) for i in range(3)]
    emissions = draw_emissions(seed, 3)
    composed = [compose(emissions_graph(e), graph) for e, graph in zip(emissions, graphs, strict=True)]
    assert best_paths(emissions, graphs) == [best_path(graph)[0] if graph.num_states else [] for graph in composed]


def test_where_no_path_has_the_length_the_score_is_minus_infinity_and_the_gradient_0():
    emissions = draw_emissions(0, 2).requires_grad_()
    graphs = [chain([0, 1]), alignments(chain([0]), 2)]
    scores = forward_scores(emissions, graphs)
    assert scores[0].item() == -math.inf
    (grad,) = torch.autograd.grad(scores[1], emissions)
    assert (grad[0] == 0).all()
    assert torch.isfinite(grad).all()
    assert best_paths(emissions, graphs)[0] == []


def test_labels_that_are_no_classes_and_endless_silence_are_refused():
    with pytest.raises(ValueError, match="class 7"):
        forward_scores(draw_emissions(0), [chain([7])])
    with pytest.raises(ValueError, match="cycle"):
        forward_scores(draw_emissions(0), [make_graph(2, [0], [1], [(0, 1, EPSILON), (1, 0, EPSILON)])])
    with pytest.raises(ValueError, match="2 graphs for a batch of 1"):
        forward_scores(draw_emissions(0), [chain([0]), chain([1])])
