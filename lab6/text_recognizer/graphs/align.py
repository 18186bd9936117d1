"""Alignments of tokens with the frames of a network: each token lasts one frame or more, with or without blanks.

Letters in this file: S frames.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from text_recognizer.graphs.graph import Graph, make_graph

Blank = Literal["none", "optional", "forced"]


def alignments(tokens: Graph, blank_class: int, blank: Blank = "optional", allow_repeats: bool = False) -> Graph:
    """Return the graph of all alignments, over any number of frames, of the sequences that a graph accepts.

    A token lasts one frame or more. With "optional" there may be blanks before, between and after tokens, as in CTC
    (Graves et al. 2006): for a chain of labels this is CTC's graph. With "forced" there is at least one blank in each
    of these places, with "none" there are no blanks.

    Parameters
    ----------
    tokens
        The sequences of tokens: a graph without cycles and without arcs that read nothing.
    blank_class
        The class of the blank.
    blank
        Where blanks are.
    allow_repeats
        Let a token follow itself without a blank. Such a path looks like that of a single, longer token, so
        merging repeats gives one token instead of two.
    """
    num_arcs, num_states = tokens.num_arcs, tokens.num_states
    leaving = tokens.leaving()

    def blank_of(state: int) -> int:
        return num_arcs + state

    # States of the result: one for each token's arc, while it lasts; a blank after each state; and the beginning.
    beginning = num_arcs + num_states
    arcs = [(arc, arc, label) for arc, label in enumerate(tokens.labels.tolist())]
    starts = [state for state in range(num_states) if tokens.is_start[state]]
    if blank != "none":
        arcs += [(blank_of(state), blank_of(state), blank_class) for state in range(num_states)]
        arcs += [(blank_of(int(tokens.sources[arc])), arc, label) for arc, label in enumerate(tokens.labels.tolist())]
        arcs += [(arc, blank_of(target), blank_class) for arc, target in enumerate(tokens.targets.tolist())]
        arcs += [(beginning, blank_of(state), blank_class) for state in starts]
    if blank != "forced":
        arcs += [(beginning, arc, int(tokens.labels[arc])) for state in starts for arc in leaving[state]]
        arcs += [
            (arc, after, int(tokens.labels[after]))
            for arc, target in enumerate(tokens.targets.tolist())
            for after in leaving[target]
            if allow_repeats or tokens.labels[after] != tokens.labels[arc]
        ]
    final = [blank_of(state) for state in range(num_states) if tokens.is_final[state]] if blank != "none" else []
    if blank != "forced":
        final += [arc for arc, target in enumerate(tokens.targets.tolist()) if tokens.is_final[target]]
        final += [beginning] if any(tokens.is_final[state] for state in starts) else []
    return make_graph(num_arcs + num_states + 1, [beginning], final, arcs)


def anything(tokens: Sequence[int], blank_class: int, blank: Blank = "optional") -> Graph:
    """Return the graph of all alignments of any sequence of these tokens, for decoding.

    With "forced" it has a state for each token, which only a blank leaves; otherwise one state, where any token may
    follow any other.
    """
    if blank != "forced":
        classes = [*tokens, blank_class] if blank == "optional" else tokens
        return make_graph(1, [0], [0], [(0, 0, label) for label in classes])
    begin, behind_blank = len(tokens), len(tokens) + 1
    arcs = [(begin, behind_blank, blank_class), (behind_blank, behind_blank, blank_class)]
    for state, token in enumerate(tokens):
        arcs += [(behind_blank, state, token), (state, state, token), (state, behind_blank, blank_class)]
    return make_graph(len(tokens) + 2, [begin], [behind_blank], arcs)


def segmentations(text: str, classes_of: Mapping[str, int]) -> Graph:
    """Return the graph of all segmentations of a text into pieces.

    It equals the composition of the text's letters with the lexicon of the pieces, but is built directly: a state for
    each place between two letters, and an arc for each piece that fits there.

    Parameters
    ----------
    text
        What is to be spelled.
    classes_of
        The class of each piece, by its letters.
    """
    longest = max(map(len, classes_of), default=0)
    arcs = [
        (start, end, classes_of[text[start:end]])
        for start in range(len(text))
        for end in range(start + 1, min(start + longest, len(text)) + 1)
        if text[start:end] in classes_of
    ]
    return make_graph(len(text) + 1, [0], [len(text)], arcs)


def collapse(labels: Iterable[int], blank_class: int) -> Iterator[int]:
    """Yield the tokens of a path: repeats merged, blanks dropped."""
    before = blank_class
    for label in labels:
        if label not in (before, blank_class):
            yield label
        before = label
