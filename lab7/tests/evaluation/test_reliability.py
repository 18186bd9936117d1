"""The calibration error and the diagram, on cases that can be worked out by hand."""

import numpy as np
import pytest

from text_recognizer.evaluation.reliability import calibration_error, diagram, reliability


def test_the_error_is_the_mean_difference_between_confidence_and_accuracy():
    bins = reliability([0.95, 0.95, 0.55, 0.55], [1, 0, 1, 0])
    assert [(one.num, one.accuracy) for one in bins] == [(2, 0.5), (2, 0.5)]
    assert calibration_error(bins) == pytest.approx((0.05 + 0.45) / 2)


def test_confidences_that_are_true_have_no_error():
    rng = np.random.default_rng(0)
    sure = rng.random(50_000)
    assert calibration_error(reliability(sure, rng.random(50_000) < sure)) < 0.02


def test_the_ends_belong_to_a_range_and_nothing_is_no_error():
    assert [one.num for one in reliability([0.0, 1.0], [0, 1])] == [1, 1]
    assert calibration_error(reliability([], [])) == 0


def test_the_diagram_has_a_bar_for_each_range():
    text = diagram(reliability([0.95, 0.55], [1, 0]))
    assert len(text.splitlines()) == 2
    assert "0.5 to 0.6" in text
