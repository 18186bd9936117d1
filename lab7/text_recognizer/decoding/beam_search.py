"""CTC prefix beam search with a language model that is weighed in at each character (shallow fusion).

It is our own, because it needs neither PyTorch nor a compiler, as pyctcdecode with KenLM, Flashlight and torchaudio do,
and because tests hold it against an enumeration of all paths.

Letters in this file: S frames, C classes.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


@dataclass(eq=False)  # compared by identity: there is one object for each prefix
class Prefix:
    """A hypothesis for the first characters of the text: its last label, and the prefix before that."""

    label: int
    parent: "Prefix | None" = None
    children: dict[int, "Prefix"] = field(default_factory=dict)  # by their last label
    scores: np.ndarray | None = None  # what the language model adds to each child, (C,)

    def extended(self, label: int) -> "Prefix":
        """Return the prefix with one more label, always the same object."""
        if label not in self.children:
            self.children[label] = Prefix(label, self)
        return self.children[label]

    def labels(self, num: int | None = None) -> list[int]:
        """Return all labels of the prefix, or the last `num`."""
        labels: list[int] = []
        prefix = self
        while prefix.parent is not None and (num is None or len(labels) < num):
            labels.append(prefix.label)
            prefix = prefix.parent
        return labels[::-1]


Beam = dict[Prefix, tuple[float, float]]  # log probability of a prefix's paths that end in a blank, in its last label


def ctc_beam_search(
    log_probs: np.ndarray,
    blank: int,
    scorer: Callable[[list[int]], np.ndarray],
    context: int,
    beam_size: int = 16,
    min_log_prob: float = -7.0,
    max_behind: float = 12.0,
) -> list[int]:
    """Search for the text with the highest sum of CTC's and the language model's log probabilities.

    This is prefix beam search (Graves and Jaitly 2014; Hannun et al., "First-Pass Large Vocabulary Continuous Speech
    Recognition using Bi-Directional Recurrent DNNs", 2014). Each prefix has two probabilities: of its paths that end in
    a blank, and of those that end in its last label. Only after a blank can the same label come again as another
    character. Frames that are certainly blank, as most frames of a page are, are skipped.

    Parameters
    ----------
    log_probs
        (S, C) logarithms of probabilities.
    blank
        The class that stands for "no character here".
    scorer
        Takes the last labels of a prefix and returns what is added to the log probability of each next label, (C,):
        the weighted language model and an insertion bonus, without which short texts would win.
    context
        How many labels `scorer` takes.
    beam_size
        How many prefixes are kept after each frame.
    min_log_prob
        Classes that are less likely in a frame are not tried there.
    max_behind
        Prefixes whose log probability is this much below the best one's are dropped. Where the network is sure of what
        it sees, few remain, which makes the search twice as fast.

    Returns
    -------
    list
        The labels of the best text.
    """

    def score(prefix: Prefix, label: int) -> float:
        if prefix.scores is None:
            prefix.scores = scorer(prefix.labels(context))
        return float(prefix.scores[label])

    beam: Beam = {Prefix(label=blank): (0.0, -math.inf)}
    last = -1
    for frame in np.flatnonzero(log_probs[:, blank] < math.log1p(-math.exp(min_log_prob))).tolist():
        if frame > last + 1:  # the frames between are blank
            beam = {prefix: (_logaddexp(*ends), -math.inf) for prefix, ends in beam.items()}
        beam = _advance(beam, log_probs[frame], blank, min_log_prob, score)
        last = frame
        totals = {prefix: _logaddexp(*ends) for prefix, ends in beam.items()}
        least = max(totals.values()) - max_behind
        best = sorted((prefix for prefix in beam if totals[prefix] >= least), key=totals.__getitem__, reverse=True)
        beam = {prefix: beam[prefix] for prefix in best[:beam_size]}
    return max(beam, key=lambda prefix: _logaddexp(*beam[prefix])).labels()


def _advance(
    beam: Beam, here: np.ndarray, blank: int, min_log_prob: float, score: Callable[[Prefix, int], float]
) -> Beam:
    """Read one more frame (C,): each prefix stays as it is, or is extended by one of the likelier labels."""
    new: Beam = {}
    of_blank = float(here[blank])
    tried = [(label, float(here[label])) for label in np.flatnonzero(here > min_log_prob).tolist() if label != blank]
    for prefix, (ends_blank, ends_label) in beam.items():
        either = _logaddexp(ends_blank, ends_label)
        stays = ends_label + float(here[prefix.label]) if prefix.parent is not None else -math.inf
        _merge(new, prefix, either + of_blank, stays)
        for label, log_prob in tried:
            start = ends_blank if label == prefix.label else either
            if start > -math.inf:
                _merge(new, prefix.extended(label), -math.inf, start + log_prob + score(prefix, label))
    return new


def _merge(beam: Beam, prefix: Prefix, ends_blank: float, ends_label: float) -> None:
    """Add paths of a prefix to those that the beam has already."""
    others = beam.get(prefix, (-math.inf, -math.inf))
    beam[prefix] = _logaddexp(others[0], ends_blank), _logaddexp(others[1], ends_label)


def _logaddexp(a: float, b: float) -> float:
    """Return log(exp(a) + exp(b)), faster for two floats than NumPy's function of that name."""
    if a < b:
        a, b = b, a
    return a if b == -math.inf else a + math.log1p(math.exp(b - a))


def ctc_align(log_probs: np.ndarray, labels: list[int], blank: int) -> list[int]:
    """Find the frame of each character of a text: its most probable frame on the most probable path (Viterbi).

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
        The frame of each character, T numbers in ascending order.
    """
    if not labels:
        return []
    states = np.full(2 * len(labels) + 1, blank)  # blank, first character, blank, second character, …, blank
    states[1::2] = labels
    may_skip = np.zeros(len(states), dtype=bool)  # the blank between two characters, unless they are the same
    may_skip[3::2] = states[3::2] != states[1:-2:2]
    scores = np.full(len(states), -np.inf)
    scores[:2] = log_probs[0, states[:2]]
    steps = np.zeros((len(log_probs), len(states)), dtype=np.int8)
    for frame in range(1, len(log_probs)):
        candidates = np.stack([scores, _shifted(scores, 1), np.where(may_skip, _shifted(scores, 2), -np.inf)])
        steps[frame] = candidates.argmax(axis=0)
        scores = candidates.max(axis=0) + log_probs[frame, states]
    return _best_frames(log_probs, states, steps, len(states) - (1 if scores[-1] >= scores[-2] else 2))


def _shifted(scores: np.ndarray, num: int) -> np.ndarray:
    """Return for each state the score of the state `num` before it."""
    return np.concatenate([np.full(num, -np.inf), scores[:-num]])


def _best_frames(log_probs: np.ndarray, states: np.ndarray, steps: np.ndarray, state: int) -> list[int]:
    """Follow a path back from its last state; return for each character its most probable frame."""
    best: dict[int, int] = {}
    for frame in range(len(log_probs) - 1, -1, -1):
        label = states[state]
        if state % 2 and (state not in best or log_probs[frame, label] >= log_probs[best[state], label]):
            best[state] = frame
        state -= int(steps[frame, state])
    return [best[state] for state in sorted(best)]
