import pytest
import torch

from tests.graphs.small_graphs import paths, random_graph, scores_by_labels
from text_recognizer.graphs.graph import chain, emissions_graph, make_graph, trim


def test_a_chain_accepts_its_labels_and_nothing_else():
    assert list(scores_by_labels(chain([2, 0, 2]), 5)) == [(2, 0, 2)]


def test_emissions_accept_every_sequence_of_their_length_with_the_sum_of_its_scores():
    emissions = torch.tensor([[0.0, 1.0], [2.0, 5.0]], dtype=torch.float64)
    sums = scores_by_labels(emissions_graph(emissions), 3)
    logs = {labels: pytest.approx(sum(emissions[i, label].item() for i, label in enumerate(labels))) for labels in sums}
    assert len(sums) == 4
    assert {labels: torch.tensor(total).log().item() for labels, total in sums.items()} == logs


@pytest.mark.parametrize("seed", range(5))
def test_trimming_keeps_all_paths_and_only_states_that_lie_on_one(seed):
    graph = random_graph(seed, num_states=7)
    trimmed = trim(graph)
    assert scores_by_labels(trimmed, 4) == pytest.approx(scores_by_labels(graph, 4))
    used = {
        state for _, arcs in paths(trimmed, 8) for arc in arcs for state in (trimmed.sources[arc], trimmed.targets[arc])
    }
    assert len(used) >= trimmed.num_states - 2  # a state that is start and final at once needs no arc


def test_weights_that_do_not_fit_and_states_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match="2 weights for 1 arcs"):
        make_graph(2, [0], [1], [(0, 1, 0)], torch.zeros(2))
    with pytest.raises(ValueError, match=r"outside 0\.\.1"):
        make_graph(2, [0], [1], [(0, 2, 0)])
    with pytest.raises(ValueError, match="3 weights for 2 arcs"):
        chain([0, 1]).with_weights(torch.zeros(3))
