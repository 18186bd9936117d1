"""Confidence intervals of error rates by the bootstrap.

The lines of a writer are easy or hard together, so writers, not lines, are resampled with replacement. With few
writers the interval is still somewhat too narrow. For error rates, and for comparing two recognisers: M. Bisani and
H. Ney, "Bootstrap estimates for confidence intervals in ASR performance evaluation", 2004.

SciPy draws the resamples. Letters in this file: N examples, G groups, R resamples.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import bootstrap

NUM_RESAMPLES = 10_000
LEVEL = 0.95
SEED = 0
MOST_DRAWN = 200_000  # numbers drawn at the same time: more would only take memory


@dataclass(frozen=True)
class Rate:
    """Edits over all examples divided by the size of all references, with an interval.

    `low` and `high` are None where there are fewer than two groups to draw from.
    """

    edits: int
    size: int
    low: float | None = None
    high: float | None = None

    @property
    def value(self) -> float:
        """The rate; where all references are empty, the number of edits, as in `CharacterErrorRate`."""
        return self.edits / max(self.size, 1)


@dataclass(frozen=True)
class Difference:
    """A rate minus another's, with an interval, and the share of resamples in which it is below 0."""

    value: float
    low: float | None = None
    high: float | None = None
    share_below: float | None = None


def rate_of(
    edits: Sequence[int],
    sizes: Sequence[int],
    groups: Sequence[Hashable],
    num_resamples: int = NUM_RESAMPLES,
    seed: int = SEED,
) -> Rate:
    """Return the rate of N examples, with the bootstrap's interval over their groups."""
    sums = [sum_by_group(each, groups) for each in (edits, sizes)]
    low, high, _ = _resample(_rate, sums, num_resamples, seed)
    return Rate(sum(edits), sum(sizes), low, high)


def difference_of(
    edits: Sequence[int],
    other_edits: Sequence[int],
    sizes: Sequence[int],
    groups: Sequence[Hashable],
    num_resamples: int = NUM_RESAMPLES,
    seed: int = SEED,
) -> Difference:
    """Return the rate of one model minus that of another on the same N examples.

    The bootstrap is paired: each resample measures both on the same groups, so that what makes a writer hard for both
    cancels out.
    """
    sums = [sum_by_group(each, groups) for each in (edits, other_edits, sizes)]
    low, high, differences = _resample(_difference, sums, num_resamples, seed)
    share_below = float((differences < 0).mean()) if len(differences) else None
    return Difference((sum(edits) - sum(other_edits)) / max(sum(sizes), 1), low, high, share_below)


def sum_by_group(values: Sequence[int], groups: Sequence[Hashable]) -> np.ndarray:
    """Add up the values of each group: (G,), in the order in which the groups come."""
    sums: dict[Hashable, int] = {}
    for value, group in zip(values, groups, strict=True):
        sums[group] = sums.get(group, 0) + value
    return np.array(list(sums.values()), dtype=np.int64)


def _rate(edits: np.ndarray, sizes: np.ndarray, axis: int = -1) -> np.ndarray:
    """(…, G) edits and sizes -> (…,) rates."""
    return edits.sum(axis) / sizes.sum(axis).clip(min=1)


def _difference(edits: np.ndarray, other_edits: np.ndarray, sizes: np.ndarray, axis: int = -1) -> np.ndarray:
    """(…, G) edits of two models, and sizes -> (…,) differences of their rates."""
    return (edits.sum(axis) - other_edits.sum(axis)) / sizes.sum(axis).clip(min=1)


def _resample(
    statistic: Callable[..., np.ndarray], sums: Sequence[np.ndarray], num_resamples: int, seed: int
) -> tuple[float | None, float | None, np.ndarray]:
    """Draw groups with replacement, the same ones from each array of `sums` (G,).

    Returns
    -------
    low, high, values
        The percentiles that leave out the same share of values at both ends, and the values (R,) themselves; None and
        no values where there is but one group.
    """
    num_groups = len(sums[0])
    if num_groups < 2:
        return None, None, np.empty(0)
    result = bootstrap(
        sums,
        statistic,
        paired=True,
        vectorized=True,
        n_resamples=num_resamples,
        batch=max(1, MOST_DRAWN // num_groups),
        confidence_level=LEVEL,
        method="percentile",
        rng=seed,
    )
    low, high = result.confidence_interval
    return float(low), float(high), result.bootstrap_distribution
