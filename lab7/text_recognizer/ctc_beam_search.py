"""Reading what a model says with CTC together with what a language model expects.

Letters in this file: S cells, C classes.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

NEVER = -math.inf


@dataclass(eq=False)  # each is itself: two texts that are alike are the same node
class Text:
    """A text that might be meant: its last character, and the text before that."""

    label: int
    before: "Text | None" = None
    longer: dict[int, "Text"] = field(default_factory=dict)  # by one character
    expected: np.ndarray | None = None  # what the language model adds to each of these, (C,)

    def with_one_more(self, label: int) -> "Text":
        """Return the text with another character behind it, always the same object for the same text."""
        if label not in self.longer:
            self.longer[label] = Text(label, self)
        return self.longer[label]

    def labels(self, num: int | None = None) -> list[int]:
        """Return all labels of the text, or the last `num`."""
        labels: list[int] = []
        text = self
        while text.before is not None and (num is None or len(labels) < num):
            labels.append(text.label)
            text = text.before
        return labels[::-1]


Beam = dict[Text, tuple[float, float]]  # of each text: log probability of paths that end in a blank, in its last label


def ctc_beam_search(
    log_probs: np.ndarray,
    blank: int,
    expect: Callable[[list[int]], np.ndarray],
    context: int,
    beam_size: int = 16,
    min_log_prob: float = -7.0,
) -> list[int]:
    """Search for the text whose paths, all together, and whose characters in the language are the most likely.

    This is prefix beam search (Graves and Jaitly 2014; Hannun et al., "First-Pass Large Vocabulary Continuous Speech
    Recognition using Bi-Directional Recurrent DNNs", 2014). Each text in the beam has two probabilities, of its paths
    that end in a blank and of those that end in its last character: only behind a blank may that character come again
    as another one. Cells that are blank for certain, which most of a page's are, are not looked at.

    Parameters
    ----------
    log_probs
        (S, C) logarithms of probabilities.
    blank
        The class that stands for "no character here".
    expect
        Gives for the last labels of a text what is added to the logarithm for each next label, (C,): a weighted
        language model and a constant, for without that each character makes a text less likely.
    context
        How many labels `expect` wants to see.
    beam_size
        How many texts are kept after each cell.
    min_log_prob
        Classes that are less likely in a cell are not tried there.

    Returns
    -------
    list
        The labels of the best text.
    """

    def bonus(text: Text, label: int) -> float:
        if text.expected is None:
            text.expected = expect(text.labels(context))
        return float(text.expected[label])

    beam: Beam = {Text(label=blank): (0.0, NEVER)}
    last = -1
    for cell in np.flatnonzero(log_probs[:, blank] < math.log1p(-math.exp(min_log_prob))).tolist():
        if cell > last + 1:  # blanks for certain lie between
            beam = {text: (_add(*ends), NEVER) for text, ends in beam.items()}
        beam, last = _extend(beam, log_probs[cell], blank, min_log_prob, bonus), cell
        best = sorted(beam, key=lambda text: _add(*beam[text]), reverse=True)[:beam_size]
        beam = {text: beam[text] for text in best}
    return max(beam, key=lambda text: _add(*beam[text])).labels()


def _extend(beam: Beam, here: np.ndarray, blank: int, min_log_prob: float, bonus: Callable[[Text, int], float]) -> Beam:
    """Read one more cell (C,): each text stays as it is, or grows by one of the likelier characters."""
    new: Beam = {}
    of_blank = float(here[blank])
    tried = [(label, float(here[label])) for label in np.flatnonzero(here > min_log_prob).tolist() if label != blank]
    for text, (ends_blank, ends_label) in beam.items():
        either = _add(ends_blank, ends_label)
        stays = ends_label + float(here[text.label]) if text.before is not None else NEVER
        _put(new, text, either + of_blank, stays)
        for label, log_prob in tried:
            start = ends_blank if label == text.label else either
            if start > NEVER:
                _put(new, text.with_one_more(label), NEVER, start + log_prob + bonus(text, label))
    return new


def _put(beam: Beam, text: Text, ends_blank: float, ends_label: float) -> None:
    """Add paths of a text to those already found."""
    others = beam.get(text, (NEVER, NEVER))
    beam[text] = _add(others[0], ends_blank), _add(others[1], ends_label)


def _add(a: float, b: float) -> float:
    """Return log(exp(a) + exp(b))."""
    if a < b:
        a, b = b, a
    return a if b == NEVER else a + math.log1p(math.exp(b - a))


def ctc_align(log_probs: np.ndarray, labels: list[int], blank: int) -> list[int]:
    """Find where each character of a text stands: in its best cell on the likeliest of the text's paths (Viterbi).

    Parameters
    ----------
    log_probs
        (S, C) logarithms of probabilities; S is at least the length of the shortest path.
    labels
        The text, T labels.
    blank
        The class that stands for "no character here".

    Returns
    -------
    list
        The cell of each character, T numbers in ascending order.
    """
    if not labels:
        return []
    states = np.full(2 * len(labels) + 1, blank)  # blank, first character, blank, second character, …, blank
    states[1::2] = labels
    may_skip = np.zeros(len(states), dtype=bool)  # the blank between two characters, unless they are the same
    may_skip[3::2] = states[3::2] != states[1:-2:2]
    scores = np.full(len(states), NEVER)
    scores[:2] = log_probs[0, states[:2]]
    steps = np.zeros((len(log_probs), len(states)), dtype=np.int8)
    for cell in range(1, len(log_probs)):
        before = np.stack([scores, _moved(scores, 1), np.where(may_skip, _moved(scores, 2), NEVER)])
        steps[cell] = before.argmax(axis=0)
        scores = before.max(axis=0) + log_probs[cell, states]
    return _best_cells(log_probs, states, steps, len(states) - (1 if scores[-1] >= scores[-2] else 2))


def _moved(scores: np.ndarray, num: int) -> np.ndarray:
    """Return the scores of the states `num` before each."""
    return np.concatenate([np.full(num, NEVER), scores[:-num]])


def _best_cells(log_probs: np.ndarray, states: np.ndarray, steps: np.ndarray, state: int) -> list[int]:
    """Follow a path back from its last state; return for each character the cell that is surest of it."""
    best: dict[int, int] = {}
    for cell in range(len(log_probs) - 1, -1, -1):
        label = states[state]
        if state % 2 and (state not in best or log_probs[cell, label] >= log_probs[best[state], label]):
            best[state] = cell
        state -= int(steps[cell, state])
    return [best[state] for state in sorted(best)]
