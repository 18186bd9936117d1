"""Confidences are mapped to how often characters are right, and the map is found again from outcomes."""

import numpy as np
import pytest

from text_recognizer.evaluation.reliability import calibration_error, reliability
from text_recognizer.recognizer.calibration import Calibration, fit_calibration


def test_without_a_calibration_confidences_stay_as_they_are():
    assert Calibration.of_config({})(0.123) == 0.123
    assert Calibration.of_config({"calibration": {"scale": 0.5, "shift": -0.1}}) == Calibration(0.5, -0.1)


def test_a_model_that_is_too_sure_of_itself_is_made_less_sure():
    rng = np.random.default_rng(0)
    true = rng.uniform(0.5, 0.99, 20_000)
    claimed = 1 / (1 + np.exp(-2 * np.log(true / (1 - true)) - 0.5))
    right = rng.random(20_000) < true
    calibration = fit_calibration(claimed.tolist(), right.tolist())
    assert calibration.scale == pytest.approx(0.5, abs=0.05)
    before, after = (
        calibration_error(reliability(sure, right)) for sure in (claimed, [calibration(one) for one in claimed])
    )
    assert after < 0.02 < before


def test_the_order_of_confidences_is_kept_and_their_ends_are_finite():
    calibration = Calibration(0.5, -0.3)
    mapped = [calibration(one) for one in (0.0, 0.1, 0.5, 0.9, 1.0)]
    assert mapped == sorted(mapped)
    assert mapped[0] > 0
    assert mapped[-1] < 1


def test_where_all_is_right_there_is_a_fit_too():
    assert fit_calibration([0.9] * 50, [1] * 50)(0.9) > 0.9
    assert fit_calibration([], []) == Calibration()
