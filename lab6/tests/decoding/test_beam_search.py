"""Beam search against a list of all paths."""

import itertools
from collections import defaultdict

import numpy as np
import pytest

from text_recognizer.decoding.beam_search import ctc_align, ctc_beam_search

BLANK, NUM_CLASSES = 0, 3


def nothing(context):
    return np.zeros(NUM_CLASSES)


def collapse(path):
    return tuple(label for label, _ in itertools.groupby(path) if label != BLANK)


def best_of_all_paths(log_probs, expect, context):
    """Sum the probabilities of all paths of each text, and add what is expected of its characters."""
    probs = defaultdict(float)
    for path in itertools.product(range(NUM_CLASSES), repeat=len(log_probs)):
        probs[collapse(path)] += np.exp(sum(log_probs[cell, label] for cell, label in enumerate(path)))

    def score(text):
        bonus = sum(expect(list(text[max(0, i - context) : i]))[label] for i, label in enumerate(text))
        return np.log(probs[text]) + bonus

    return list(max(probs, key=score))


def draw(rng, num_cells):
    logits = rng.normal(0, 1.5, (num_cells, NUM_CLASSES))
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


@pytest.mark.parametrize("seed", range(20))
def test_a_beam_wide_enough_finds_the_best_text_of_all(seed):
    rng = np.random.default_rng(seed)
    log_probs = draw(rng, num_cells=6)
    bigrams = rng.normal(0, 1, (NUM_CLASSES, NUM_CLASSES))

    def expect(context):
        return bigrams[context[-1] if context else BLANK]

    found = ctc_beam_search(log_probs, BLANK, expect, context=1, beam_size=1000, min_log_prob=-1000, max_behind=1000)
    assert found == best_of_all_paths(log_probs, expect, context=1)


def test_many_weak_paths_beat_the_single_best_one():
    log_probs = np.log([[0.4, 0.6, 1e-9], [0.4, 0.6, 1e-9]])  # paths: 11 0.36; 1, 01 and 10 mean the same text
    assert ctc_beam_search(log_probs, BLANK, nothing, context=0) == [1]
    log_probs = np.log([[0.6, 0.4, 1e-9], [0.6, 0.4, 1e-9]])  # the best path is blank, 0.36; "1" has 0.64
    assert ctc_beam_search(log_probs, BLANK, nothing, context=0) == [1]


def test_a_character_comes_twice_only_with_a_blank_between():
    sure = np.full((5, NUM_CLASSES), 1e-12)
    sure[[0, 1, 4], 1] = sure[[2, 3], BLANK] = 1
    assert ctc_beam_search(np.log(sure), BLANK, nothing, context=0) == [1, 1]  # the sure blanks are not looked at
    assert ctc_beam_search(np.log(sure[[0, 1]]), BLANK, nothing, context=0) == [1]


def test_the_language_decides_what_the_eye_cannot():
    log_probs = np.log([[0.01, 0.98, 0.01], [0.9, 0.05, 0.05], [0.02, 0.6, 0.38]])
    assert ctc_beam_search(log_probs, BLANK, nothing, context=1) == [1, 1]

    def never_the_same_twice(context):
        return np.array([0, *(-5.0 if [label] == context else 0.0 for label in (1, 2))])

    assert ctc_beam_search(log_probs, BLANK, never_the_same_twice, context=1) == [1, 2]


def test_the_language_model_sees_as_many_labels_as_it_wants():
    seen = set()

    def expect(context):
        seen.add(len(context))
        return np.zeros(NUM_CLASSES)

    sure = np.full((6, NUM_CLASSES), 1e-6)
    sure[range(6), [1, 2, 1, 2, 1, 2]] = 1
    assert ctc_beam_search(np.log(sure), BLANK, expect, context=2) == [1, 2, 1, 2, 1, 2]
    assert max(seen) == 2


def test_a_page_of_blanks_says_nothing():
    assert ctc_beam_search(np.log([[0.9999, 5e-5, 5e-5]] * 4), BLANK, nothing, context=0) == []
    assert ctc_beam_search(np.zeros((0, NUM_CLASSES)), BLANK, nothing, context=0) == []


def best_alignment(log_probs, labels):
    """Look at all paths of a text; return the surest cell of each character on the likeliest one."""
    paths = [
        path for path in itertools.product(range(NUM_CLASSES), repeat=len(log_probs)) if collapse(path) == tuple(labels)
    ]
    path = max(paths, key=lambda path: sum(log_probs[cell, label] for cell, label in enumerate(path)))
    runs, start = [], 0
    for label, run in itertools.groupby(path):
        length = len(list(run))
        if label != BLANK:
            runs.append(max(range(start, start + length), key=lambda cell: log_probs[cell, path[cell]]))
        start += length
    return runs


@pytest.mark.parametrize("labels", [[], [1], [1, 1], [1, 2], [2, 2, 1], [1, 2, 1], [1, 1, 1]])
@pytest.mark.parametrize("seed", range(4))
def test_each_character_stands_in_its_best_cell_of_the_likeliest_path(labels, seed):
    log_probs = draw(np.random.default_rng(seed), num_cells=6)
    assert ctc_align(log_probs, labels, BLANK) == best_alignment(log_probs, labels)
