import itertools

import pytest
import torch
import torch.nn.functional as F

from tests.graphs.small_graphs import paths
from text_recognizer.graphs.align import alignments, anything, collapse, segmentations
from text_recognizer.graphs.compose import compose
from text_recognizer.graphs.graph import chain, make_graph, trim
from text_recognizer.graphs.score import forward_scores

BLANK = 0
TEXTS = [[1], [1, 2], [1, 1], [1, 2, 1], [], [2, 2, 1]]
PIECES = {"a": 1, "b": 2, "ab": 3, "bb": 4}


def accepted(graph, num_steps):
    found = [labels for labels, _ in paths(graph, num_steps) if len(labels) == num_steps]
    assert len(found) == len(set(found)), "a path occurs twice"
    return set(found)


@pytest.mark.parametrize("text", TEXTS, ids=str)
def test_the_paths_with_optional_blanks_are_those_that_collapse_to_the_text(text):
    expected = {path for path in itertools.product(range(3), repeat=5) if list(collapse(path, BLANK)) == text}
    assert accepted(alignments(chain(text), BLANK), 5) == expected


def test_without_blanks_each_token_takes_some_steps():
    assert accepted(alignments(chain([1, 2]), BLANK, "none"), 4) == {(1, 1, 1, 2), (1, 1, 2, 2), (1, 2, 2, 2)}
    assert accepted(alignments(chain([1, 1]), BLANK, "none"), 4) == set()
    assert accepted(alignments(chain([1, 1]), BLANK, "none", allow_repeats=True), 2) == {(1, 1)}


def test_forced_blanks_stand_before_between_and_behind():
    graph = alignments(chain([1, 1]), BLANK, "forced")
    assert accepted(graph, 5) == {(0, 1, 0, 1, 0)}
    assert all(path[0] == path[-1] == BLANK for path in accepted(graph, 7))


@pytest.mark.parametrize("blank", ["none", "optional", "forced"])
def test_every_path_of_every_segmentation_spells_the_text(blank):
    letters = {number: piece for piece, number in PIECES.items()}
    graph = alignments(segmentations("abb", PIECES), BLANK, blank)
    found = {tuple(collapse(path, BLANK)) for path in accepted(graph, 7)}
    assert {"".join(letters[token] for token in tokens) for tokens in found} == {"abb"}
    assert found == {(1, 2, 2), (3, 2), (1, 4)} - ({(1, 2, 2)} if blank == "none" else set())


def test_segmentations_are_what_composing_letters_with_the_lexicon_gives():
    letter = {"a": 10, "b": 11}
    lexicon = make_graph(3, [0], [0], [(0, 0, 10), (0, 0, 11), (0, 1, 10), (1, 0, 11), (0, 2, 11), (2, 0, 11)])
    num_ways = len(list(paths(compose(chain([letter[c] for c in "abb"]), lexicon), 3)))
    assert num_ways == len(list(paths(trim(segmentations("abb", PIECES)), 3))) == 3


@pytest.mark.parametrize("seed", range(3))
def test_with_one_letter_a_piece_score_and_gradient_are_those_of_ctc_loss(seed):
    torch.manual_seed(seed)
    logits = torch.randn(len(TEXTS), 9, 5, dtype=torch.float64, requires_grad=True)
    emissions = logits.log_softmax(dim=2)
    ours = -forward_scores(emissions, [alignments(chain(text), BLANK) for text in TEXTS])
    lengths = torch.tensor([len(text) for text in TEXTS])
    targets = torch.tensor([token for text in TEXTS for token in text])
    theirs = F.ctc_loss(emissions.transpose(0, 1), targets, torch.full_like(lengths, 9), lengths, reduction="none")
    torch.testing.assert_close(ours, theirs)
    gradients = [torch.autograd.grad(loss.sum(), logits, retain_graph=True)[0] for loss in (ours, theirs)]
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("blank", ["none", "optional", "forced"])
def test_anything_is_every_alignment_of_every_sequence(blank):
    texts = [text for length in range(5) for text in itertools.product([1, 2], repeat=length)]
    expected = set().union(*(accepted(alignments(chain(text), BLANK, blank), 4) for text in texts))
    assert accepted(anything([1, 2], BLANK, blank), 4) == expected
