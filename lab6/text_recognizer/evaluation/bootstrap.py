"""How far a rate could be off because other people might have written the test: the bootstrap.

Lines of one writer are easy or hard together, so whole writers are drawn anew, with replacement, and not lines. With
few writers the interval is still somewhat too narrow. For error rates, and for comparing two recognisers: M. Bisani and
H. Ney, "Bootstrap estimates for confidence intervals in ASR performance evaluation", 2004.

Letters in this file: N examples, G groups, R resamples.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

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
    edits_of, sizes_of = sum_by_group(edits, groups), sum_by_group(sizes, groups)
    low, high = interval(resampled_rates(edits_of, sizes_of, num_resamples, seed))
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
    sizes_of = sum_by_group(sizes, groups)
    one, other = (
        resampled_rates(sum_by_group(each, groups), sizes_of, num_resamples, seed) for each in (edits, other_edits)
    )
    low, high = interval(one - other)
    share_below = float((one < other).mean()) if len(one) else None
    return Difference((sum(edits) - sum(other_edits)) / max(sum(sizes), 1), low, high, share_below)


def sum_by_group(values: Sequence[int], groups: Sequence[Hashable]) -> np.ndarray:
    """Add up the values of each group: (G,), in the order in which the groups come."""
    sums: dict[Hashable, int] = {}
    for value, group in zip(values, groups, strict=True):
        sums[group] = sums.get(group, 0) + value
    return np.array(list(sums.values()), dtype=np.int64)


def resampled_rates(edits: np.ndarray, sizes: np.ndarray, num_resamples: int, seed: int) -> np.ndarray:
    """Return the rates (R,) of resamples of G groups; none where there is but one group.

    The same seed and number of groups draw the same groups, which is what pairs two models.
    """
    num_groups = len(sizes)
    if num_groups < 2:
        return np.empty(0)
    rng, rates = np.random.default_rng(seed), np.empty(num_resamples)
    at_once = max(1, MOST_DRAWN // num_groups)
    for start in range(0, num_resamples, at_once):
        part = rates[start : start + at_once]  # (some of R,)
        drawn = rng.integers(num_groups, size=(len(part), num_groups))
        part[:] = edits[drawn].sum(axis=1) / sizes[drawn].sum(axis=1).clip(min=1)
    return rates


def interval(values: np.ndarray) -> tuple[float | None, float | None]:
    """Return the percentiles that leave out the same share of values at both ends."""
    if not len(values):
        return None, None
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
