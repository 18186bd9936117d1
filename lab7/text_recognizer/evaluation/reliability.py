"""Measures the calibration of confidences: the expected calibration error and a reliability diagram.

C. Guo, G. Pleiss, Y. Sun, K. Weinberger, "On Calibration of Modern Neural Networks", 2017.

Letters in this file: N predictions.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

NUM_BINS = 10
BAR = 40  # characters


class Bin(NamedTuple):
    """The predictions in one range of confidence: their number, mean confidence and accuracy."""

    low: float
    high: float
    num: int
    confidence: float
    accuracy: float


def reliability(confidences: Sequence[float], outcomes: Sequence[float]) -> list[Bin]:
    """Sort N predictions into ten ranges of confidence; empty ranges are left out.

    Parameters
    ----------
    confidences
        From 0 to 1.
    outcomes
        Whether each is right, 0 or 1, or a share of right characters.
    """
    sure = np.asarray(confidences, float)
    right = np.asarray(outcomes, float)
    index = np.clip((sure * NUM_BINS).astype(int), 0, NUM_BINS - 1)
    bins = []
    for i in range(NUM_BINS):
        inside = index == i
        if inside.any():
            means = float(sure[inside].mean()), float(right[inside].mean())
            bins.append(Bin(i / NUM_BINS, (i + 1) / NUM_BINS, int(inside.sum()), *means))
    return bins


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return the expected calibration error: the mean difference of confidence and accuracy, over all predictions."""
    total = sum(one.num for one in bins)
    return sum(one.num * abs(one.confidence - one.accuracy) for one in bins) / total if total else 0.0


def diagram(bins: Sequence[Bin]) -> str:
    """Draw a reliability diagram in characters: a bar for the accuracy, and a mark at the mean confidence."""
    lines = []
    for one in bins:
        bar = list(("#" * round(BAR * one.accuracy)).ljust(BAR + 1))
        bar[round(BAR * one.confidence)] = "|"
        told = f"{one.num:6} at {one.confidence:.2f}, right {one.accuracy:.2f}"
        lines.append(f"{one.low:.1f} to {one.high:.1f}  {''.join(bar)} {told}")
    return "\n".join(lines)
