"""Transitions of a corpus so small that its arcs can be counted by hand: "ab", "ab", "ba", with a = 0 and b = 1."""

import itertools

import numpy as np
import pytest

from tests.graphs.small_graphs import paths
from text_recognizer.graphs.transitions import (
    END,
    START,
    add_blanks,
    add_self_loops,
    build_graph,
    build_transitions,
    count_ngrams,
    load_transitions,
    prune,
    save_transitions,
)
from text_recognizer.util import UserError

A, B, BLANK = 0, 1, 2
CORPUS = [[A, B], [A, B], [B, A]]


def arcs(**settings):
    return build_transitions(CORPUS, 2, **settings).graph.num_arcs


def accepted(graph, num_labels):
    return {labels for labels, _ in paths(graph, num_labels)}


def test_counts():
    single, pairs = count_ngrams(CORPUS, 2)
    assert single == {(A,): 3, (B,): 3, (END,): 3}
    assert pairs == {(START, A): 2, (START, B): 1, (A, B): 2, (B, A): 1, (B, END): 2, (A, END): 1}
    assert count_ngrams(CORPUS, 1) == [{(A,): 3, (B,): 3}]


def test_arcs_are_those_of_the_kept_sequences_and_one_of_back_off_a_state():
    graph = build_transitions(CORPUS, 2, (0, 0)).graph
    assert (graph.num_states, graph.num_arcs) == (5, 3 + 6 + 3)  # back-off from START, a and b
    assert arcs(least=(0, 1)) == 3 + 3 + 3  # START a, a b, b END are left
    assert arcs(least=(0,)) == 2
    assert arcs(least=(0, 0), backoff=False) == 6


def test_self_loops_let_each_token_last():
    assert arcs(least=(0, 1), self_loops=True) == 3 + 3 + 3 + 2


def test_optional_blanks_may_stand_anywhere():
    # One arc for the blank, six for START blank, blank a, a blank, blank b, b blank, blank END, and its back-off.
    assert arcs(least=(0, 1), blank="optional") == 9 + 1 + 6 + 1
    assert arcs(least=(0, 1), blank="optional", self_loops=True) == 17 + 3


def test_forced_blanks_stand_everywhere():
    assert arcs(least=(0, 1), blank="forced") == 4 + 6 + 4  # no pair of tokens stays
    assert arcs(least=(0, 1), blank="forced", self_loops=True) == 14 + 3


def test_with_three_tokens_states_are_of_two():
    graph = build_transitions([[A, B]], 2, (0, 0, 0)).graph
    assert (graph.num_states, graph.num_arcs) == (7, 8 + 5)


def test_every_sequence_gets_its_blanks_and_not_only_the_last():
    grams = [[(A,), (B,)], [(A, B), (B, A)]]
    pairs = add_blanks(grams, BLANK, "optional")[1]
    assert set(pairs) == {(A, B), (B, A), (A, BLANK), (BLANK, A), (B, BLANK), (BLANK, B)}


def test_a_doubled_token_makes_a_longer_sequence_at_each_place():
    assert set(add_self_loops([[], [(START, A), (A, B)], []])[2]) == {(START, A, A), (A, A, B), (A, B, B)}


@pytest.mark.parametrize("order", [2, 3])
def test_without_back_off_the_texts_are_those_whose_parts_were_all_kept(order):
    grams = prune(count_ngrams(CORPUS, order), [0] * order)
    expected = set()
    for length in range(5):
        for text in itertools.product((A, B), repeat=length):
            row = (START, *text, END)
            parts = {row[max(0, i - order + 1) : i + 1] for i in range(1, len(row))}
            if all(part in grams[len(part) - 1] for part in parts):
                expected.add(text)
    assert accepted(build_graph(grams, backoff=False), 4) == expected
    assert {(A, B), (B, A)} <= expected


def test_with_back_off_every_text_is_read():
    graph = build_transitions(CORPUS, 2, (0, 1)).graph
    texts = {text for length in range(4) for text in itertools.product((A, B), repeat=length)}
    assert accepted(graph, 3) == texts


def test_a_graph_is_the_same_when_it_is_read_back(tmp_path):
    transitions = build_transitions(CORPUS, 2, (0, 1), "optional", self_loops=True)
    save_transitions(transitions, tmp_path / "some.bin")
    read = load_transitions(tmp_path / "some.bin")
    assert (read.num_tokens, read.blank) == (2, "optional")
    for name in ("is_start", "is_final", "sources", "targets", "labels"):
        assert getattr(read.graph, name).tolist() == getattr(transitions.graph, name).tolist()


def test_what_is_no_graph_and_numbers_that_fall_are_refused(tmp_path):
    with pytest.raises(UserError, match=r"--prune 5 0: expected numbers"):
        build_transitions(CORPUS, 2, (5, 0))
    (tmp_path / "some.bin").write_text("no graph")
    for filename in ("some.bin", "missing.bin"):
        with pytest.raises(UserError, match="not a graph of transitions"):
            load_transitions(tmp_path / filename)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"blank": "what"},
        {"is_final": np.zeros(1, bool)},
        {"labels": np.array([7])},
        {"sources": np.array([-1] * 99)},
        {"num_tokens": np.array([1, 2])},
        {"targets": np.array("text")},
        {"is_start": np.array([None], dtype=object)},
    ],
)
def test_a_graph_of_other_numbers_is_refused(change, tmp_path):
    save_transitions(build_transitions(CORPUS, 2, (0, 1)), tmp_path / "some.npz")
    with np.load(tmp_path / "some.npz") as file:
        arrays = {name: file[name] for name in file.files}
    np.savez(tmp_path / "some.npz", **arrays | change)
    with pytest.raises(UserError, match="not a graph of transitions") as error:
        load_transitions(tmp_path / "some.npz")
    assert "pickle" not in str(error.value)
