"""Calibrates confidences: maps a model's probability of a character to the observed share of right characters.

J. Platt, "Probabilistic Outputs for Support Vector Machines", 1999: a logistic function of the model's log odds with
two parameters, fitted on validation pages. With a shift of 0 it is the temperature scaling of Guo and others (2017).

Letters in this file: N characters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

SUREST = 1e-4  # confidences are clipped to this distance from 0 and 1
NUM_STEPS = 30  # iterations of Newton's method
PRIOR = 1e-2  # weight of a prior that keeps the parameters finite where all characters are right
KEY = "calibration"  # in an artifact's config.json


@dataclass(frozen=True)
class Calibration:
    """A map from confidences to confidences.

    Parameters
    ----------
    scale
        Factor of the log odds, below 1 for an overconfident model.
    shift
        Summand of the log odds.
    """

    scale: float = 1.0
    shift: float = 0.0

    @classmethod
    def of_config(cls, config: dict[str, Any]) -> "Calibration":
        """Return the calibration in an artifact's config.json; the identity if there is none."""
        return cls(**config.get(KEY, {}))

    def __call__(self, confidence: float) -> float:
        """Return the calibrated confidence."""
        if self == Calibration():
            return confidence
        return float(1 / (1 + np.exp(-self.scale * _log_odds(confidence) - self.shift)))


def fit_calibration(confidences: Sequence[float], outcomes: Sequence[float]) -> Calibration:
    """Fit a calibration to the confidences of N characters and their outcomes: 1 for right, 0 for wrong."""
    x = _log_odds(np.asarray(confidences, float))
    features = np.stack([x, np.ones_like(x)], axis=1)
    right = np.asarray(outcomes, float)
    weights = np.array([1.0, 0.0])
    for _ in range(NUM_STEPS):
        likely = 1 / (1 + np.exp(-features @ weights))
        slope = features.T @ (likely - right) + PRIOR * (weights - (1, 0))
        curvature = (features * (likely * (1 - likely))[:, None]).T @ features + PRIOR * np.eye(2)
        step = np.linalg.solve(curvature, slope)
        while _loss(weights - step, features, right) > _loss(weights, features, right) + 1e-9:
            step = step / 2  # Newton's method overshoots where hardly any character is in doubt
        weights = weights - step
    return Calibration(round(float(weights[0]), 4), round(float(weights[1]), 4))


def _loss(weights: np.ndarray, features: np.ndarray, right: np.ndarray) -> float:
    """Return the cross entropy of outcomes (N,), for weights (2,) and features (N, 2), plus the prior's term."""
    logits = features @ weights
    return float(np.sum(np.logaddexp(0, logits) - right * logits) + PRIOR / 2 * np.sum((weights - (1, 0)) ** 2))


def _log_odds(confidence: Any) -> Any:
    inside = np.clip(confidence, SUREST, 1 - SUREST)
    return np.log(inside / (1 - inside))
