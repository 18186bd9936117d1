"""Finds which characters of a reading are right, to compare with their confidences."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from text_recognizer.evaluation.edits import align, char_edits


class Sureness(NamedTuple):
    """Confidences and outcomes of characters, lines and pages.

    The outcome of a character is 1 if it is right and 0 if it is wrong, by an alignment of the page with fewest edits.
    The outcome of a line is the share of its right characters, and that of a page 1 minus its character error rate.
    """

    characters: tuple[list[float], list[float]]
    lines: tuple[list[float], list[float]]
    pages: tuple[list[float], list[float]]


def sureness_of(pages: Sequence[tuple[str, Sequence[Sequence[tuple[str, float]]], float]]) -> Sureness:
    """Compare readings with references.

    Parameters
    ----------
    pages
        For each page its reference, its lines, as lists of characters with confidences, and the confidence of the page.
    """
    result = Sureness(([], []), ([], []), ([], []))
    for reference, lines, sure in pages:
        right = iter(is_right(reference, "\n".join("".join(text for text, _ in line) for line in lines)))
        for number, line in enumerate(lines):
            if number:
                next(right)  # the newline
            outcomes = [float(next(right)) for _ in line]
            _add(result.characters, [confidence for _, confidence in line], outcomes)
            if line:
                _add(result.lines, [float(np.mean([c for _, c in line]))], [float(np.mean(outcomes))])
        text = "\n".join("".join(text for text, _ in line) for line in lines)
        _add(result.pages, [sure], [max(0.0, 1 - char_edits(reference, text) / max(1, len(reference)))])
    return result


def is_right(reference: str, text: str) -> list[bool]:
    """Tell for each character of a reading whether it is right."""
    return [part.kind == "equal" for part in align(reference, text) for _ in part.hypothesis]


def _add(to: tuple[list[float], list[float]], confidences: list[float], outcomes: list[float]) -> None:
    to[0].extend(confidences)
    to[1].extend(outcomes)
