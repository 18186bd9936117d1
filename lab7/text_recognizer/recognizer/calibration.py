"""Turns how sure a model is of a character into how often it is right when it is so sure.

J. Platt, "Probabilistic Outputs for Support Vector Machines", 1999: a logistic function of the model's own log odds,
with two numbers that are fitted on validation pages. With a shift of 0 it is the temperature of Guo and others (2017).

Letters in this file: N characters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

SUREST = 1e-4  # no confidence is nearer to 0 or 1
NUM_STEPS = 30  # of Newton's method
PRIOR = 1e-2  # keeps the numbers finite where all characters are right
KEY = "calibration"  # in an artifact's config.json


@dataclass(frozen=True)
class Calibration:
    """A map from confidences to confidences.

    Parameters
    ----------
    scale
        Factor of the log odds: below 1 where a model is too sure of itself.
    shift
        What is added to them.
    """

    scale: float = 1.0
    shift: float = 0.0

    @classmethod
    def of_config(cls, config: dict[str, Any]) -> "Calibration":
        """Return what an artifact's config.json says; confidences as they are if it says nothing."""
        return cls(**config.get(KEY, {}))

    def __call__(self, confidence: float) -> float:
        """Return how often a character is right of which the model is so sure."""
        if self == Calibration():
            return confidence
        return float(1 / (1 + np.exp(-self.scale * _log_odds(confidence) - self.shift)))


def fit_calibration(confidences: Sequence[float], outcomes: Sequence[float]) -> Calibration:
    """Fit a calibration to how sure a model was of N characters, and whether each was right (1) or not (0)."""
    x = _log_odds(np.asarray(confidences, float))
    features = np.stack([x, np.ones_like(x)], axis=1)
    right, weights = np.asarray(outcomes, float), np.array([1.0, 0.0])
    for _ in range(NUM_STEPS):
        likely = 1 / (1 + np.exp(-features @ weights))
        slope = features.T @ (likely - right) + PRIOR * (weights - (1, 0))
        curvature = (features * (likely * (1 - likely))[:, None]).T @ features + PRIOR * np.eye(2)
        step = np.linalg.solve(curvature, slope)
        while _loss(weights - step, features, right) > _loss(weights, features, right) + 1e-9:
            step = step / 2  # Newton's method goes too far where hardly any character is in doubt
        weights = weights - step
    return Calibration(round(float(weights[0]), 4), round(float(weights[1]), 4))


def _loss(weights: np.ndarray, features: np.ndarray, right: np.ndarray) -> float:
    """Return the cross entropy of outcomes (N,) and what weights (2,) say of features (N, 2), and the prior's share."""
    logits = features @ weights
    return float(np.sum(np.logaddexp(0, logits) - right * logits) + PRIOR / 2 * np.sum((weights - (1, 0)) ** 2))


def _log_odds(confidence: Any) -> Any:
    inside = np.clip(confidence, SUREST, 1 - SUREST)
    return np.log(inside / (1 - inside))
