"""A graph of the transitions between tokens, built from n-gram counts; its weights are trained.

With it a transducer learns which sequences of tokens are probable. With word pieces nearly any piece may follow any
other, and a graph of all pairs would have a million arcs. So only frequent sequences have arcs of their own; all others
go through shorter contexts along epsilon arcs ("back-off", Katz 1987).

Letters in this file: n order, T tokens.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np
import torch

from text_recognizer.checked_arrays import BadArrays, Expected, read_arrays
from text_recognizer.graphs.align import Blank
from text_recognizer.graphs.graph import EPSILON, Graph, make_graph, trim
from text_recognizer.util import UserError, write_atomically

START, END = -1, -2  # stand before and after each sequence
SHORTEST = 2  # the number of the state of no tokens, unless it is the only one
FORMAT = 1  # of the file
GRAPH = ("is_start", "is_final", "sources", "targets", "labels")
STORED = {"format": Expected("iu", 0), "num_tokens": Expected("iu", 0), "blank": Expected("U", 0)}
STORED |= {"has_backoff": Expected("b", 0), "is_start": Expected("b", 1), "is_final": Expected("b", 1)}
STORED |= {name: Expected("iu", 1) for name in ("sources", "targets", "labels")}
Gram = tuple[int, ...]


class Transitions(NamedTuple):
    """A graph over the numbers of T tokens; the blank, where there is one, is number T."""

    graph: Graph
    num_tokens: int
    blank: Blank
    has_backoff: bool

    @property
    def shortest_context(self) -> int | None:
        """The state of the empty context, in which no earlier token counts; None if there is no back-off to it."""
        if self.graph.num_states == 1:
            return 0
        return SHORTEST if self.has_backoff else None


def count_ngrams(sequences: Iterable[Sequence[int]], order: int) -> list[Counter[Gram]]:
    """Count the sequences of 1 to n tokens, each text between START and END.

    START alone is not counted, because it is never read. With n = 1 END is not counted either: a text may end anywhere.
    """
    counts: list[Counter[Gram]] = [Counter() for _ in range(order)]
    for tokens in sequences:
        row = (START, *tokens, END) if order > 1 else tuple(tokens)
        for length, counter in enumerate(counts, start=1):
            grams = (row[i : i + length] for i in range(len(row) - length + 1))
            counter.update(gram for gram in grams if gram != (START,))
    return counts


def prune(counts: Sequence[Counter[Gram]], least: Sequence[int]) -> list[list[Gram]]:
    """Keep the sequences of each length that were seen more often than a number for that length.

    Raises
    ------
    UserError
        If the numbers fall: a long sequence would stay whose beginning goes, and no arc would lead to it.
    """
    if any(longer < shorter for shorter, longer in itertools.pairwise(least)) or min(least) < 0:
        raise UserError(
            f"--prune {' '.join(map(str, least))}: expected numbers from 0 on that do not fall, such as 0 10"
        )
    return [
        sorted(gram for gram, count in counter.items() if count > num)
        for counter, num in zip(counts, least, strict=True)
    ]


def add_blanks(grams: list[list[Gram]], blank_token: int, blank: Blank) -> list[list[Gram]]:
    """Insert blanks before, between and after the tokens of sequences: in some of these places, or in all.

    Sequences that get longer than n are cut into all their parts of at most n. With "forced" only single tokens and
    sequences with a blank are kept, because no token follows another directly.
    """
    if blank == "none":
        return grams
    found: list[dict[Gram, None]] = [
        dict.fromkeys(kept if blank == "optional" or length == 1 else ()) for length, kept in enumerate(grams, start=1)
    ]
    found[0][(blank_token,)] = None
    for gram in itertools.chain(*grams):
        for longer in _with_blanks(gram, blank_token, blank):
            for length, kept in enumerate(found, start=1):
                parts = (longer[i : i + length] for i in range(len(longer) - length + 1))
                kept.update(dict.fromkeys(part for part in parts if blank_token in part))
    return [list(kept) for kept in found]


def _with_blanks(gram: Gram, blank_token: int, blank: Blank) -> Iterable[Gram]:
    """Yield a sequence with blanks at any subset of its places, or at all of them; none before START or after END."""
    num_places = len(gram) + 1
    choices = itertools.product((False, True), repeat=num_places) if blank == "optional" else [(True,) * num_places]
    for is_blank in choices:
        longer: list[int] = []
        for token, has_blank in zip(gram, is_blank[:-1], strict=True):
            longer += [blank_token, token] if has_blank and token != START else [token]
        yield (*longer, blank_token) if is_blank[-1] and gram[-1] != END else tuple(longer)


def add_self_loops(grams: list[list[Gram]]) -> list[list[Gram]]:
    """Add each sequence of fewer than n tokens with one of its tokens doubled: a token lasts several frames."""
    found = [dict.fromkeys(kept) for kept in grams]
    for shorter, longer in itertools.pairwise(found):
        for gram in list(shorter):
            doubled = (gram[: i + 1] + gram[i:] for i, token in enumerate(gram) if token >= 0)
            longer.update(dict.fromkeys(doubled))
    return [list(kept) for kept in found]


def build_graph(grams: Sequence[Sequence[Gram]], backoff: bool = True) -> Graph:
    """Turn sequences of tokens into a graph.

    A state is a context: the last n - 1 tokens or fewer. A sequence becomes an arc that reads its last token; it leads
    from the state of the tokens before it to the state of the sequence's last n - 1 tokens. If the last token is END,
    an epsilon arc leads to the one final state. From each state an epsilon arc leads to the context with one token
    fewer, its back-off.
    With n = 1 there is one state, where paths begin and end.
    """
    order = len(grams)
    if order == 1:
        return make_graph(1, [0], [0], [(0, 0, gram[0]) for gram in grams[0]])
    number: dict[Gram, int] = {(START,): 0, (END,): 1, (): SHORTEST}
    arcs = []
    for gram in itertools.chain(*grams):
        source = number.setdefault(gram[:-1], len(number))
        is_end = gram[-1] == END
        target = number.setdefault((END,) if is_end else gram[-(order - 1) :], len(number))
        arcs.append((source, target, EPSILON if is_end else gram[-1]))
    if backoff:
        for state, i in list(number.items()):
            if state not in ((), (END,)):
                arcs.append(
                    (i, number[next(state[k:] for k in range(1, len(state) + 1) if state[k:] in number)], EPSILON)
                )
    graph = make_graph(len(number), [0], [1], arcs)
    return graph if backoff else trim(graph)  # without back-off nothing leads to the shorter contexts


def build_transitions(
    sequences: Iterable[Sequence[int]],
    num_tokens: int,
    least: Sequence[int] = (0, 10),
    blank: Blank = "none",
    self_loops: bool = False,
    backoff: bool = True,
) -> Transitions:
    """Count, prune, put in blanks and loops, and build the graph.

    Parameters
    ----------
    sequences
        Texts as numbers of tokens.
    num_tokens
        T.
    least
        For each length 1 to n: sequences seen so often or less have no arcs of their own.
    blank
        Where blanks may or must be.
    self_loops
        Whether a token may last several steps; of no use with n = 1, where each may follow itself anyway.
    backoff
        Whether a sequence without arcs of its own may be read by way of shorter contexts.
    """
    grams = add_blanks(prune(count_ngrams(sequences, len(least)), least), num_tokens, blank)
    if self_loops:
        grams = add_self_loops(grams)
    return Transitions(build_graph(grams, backoff), num_tokens, blank, backoff)


def save_transitions(transitions: Transitions, filename: Path) -> None:
    """Write a graph into one file, whole or not at all; its weights are not stored: training starts from zeros."""
    graph, num_tokens, blank, has_backoff = transitions
    arrays = {name: getattr(graph, name) for name in GRAPH}
    with write_atomically(filename) as file:
        settings = {"format": FORMAT, "num_tokens": num_tokens, "blank": blank, "has_backoff": has_backoff}
        np.savez_compressed(file, **settings, **arrays)  # type: ignore[arg-type]


def load_transitions(filename: Path) -> Transitions:
    """Read what `save_transitions` wrote.

    Raises
    ------
    UserError
        If there is no such file, or it is something else.
    """
    try:
        arrays = read_arrays(filename, STORED)
        _check_arrays(arrays)
    except (OSError, BadArrays) as error:
        raise UserError(
            f"{filename}: not a graph of transitions ({error}). "
            "Type: python -m text_recognizer.tokens.build_transitions"
        ) from None
    graph = Graph(**{name: arrays[name] for name in GRAPH}, weights=torch.zeros(len(arrays["labels"])))
    blank: Blank = str(arrays["blank"])  # type: ignore[assignment]
    return Transitions(graph, int(arrays["num_tokens"]), blank, bool(arrays["has_backoff"]))


def _check_arrays(arrays: dict[str, np.ndarray]) -> None:
    """Check that arcs join states that there are, and read tokens that there are."""
    if arrays["format"] != FORMAT:
        raise BadArrays(f"format {arrays['format']}, expected {FORMAT}")
    num_states, num_tokens = len(arrays["is_start"]), int(arrays["num_tokens"])
    if str(arrays["blank"]) not in get_args(Blank):
        raise BadArrays(f"blank {str(arrays['blank'])!r}, expected one of {', '.join(get_args(Blank))}")
    if num_states == 0 or len(arrays["is_final"]) != num_states:
        raise BadArrays(f"{num_states} states, of which {len(arrays['is_final'])} are final or not")
    limits = {"sources": (0, num_states - 1), "targets": (0, num_states - 1), "labels": (EPSILON, num_tokens)}
    for name, (least, most) in limits.items():
        array = arrays[name]
        if len(array) != len(arrays["labels"]) or ((array < least) | (array > most)).any():
            raise BadArrays(f"{name}: expected {len(arrays['labels'])} numbers of {least} to {most}")
