import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")  # no window

import matplotlib.pyplot as plt

from text_recognizer.evaluation import charts


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_each_name_has_its_bar_and_what_cannot_be_seen_has_a_sign():
    charts.bars({"a": 3, " ": 7, "$": 1}, "title")
    axes = plt.gcf().axes[0]
    assert [bar.get_height() for bar in axes.patches] == [3, 7, 1]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "\u2423", r"\$"]


def test_shares_add_up_to_a_hundred_and_the_legend_tells_medians():
    charts.histograms({"one": [1, 2, 3], "other": [10, 20, 30, 40]}, "title", "pixels")
    axes = plt.gcf().axes[0]
    heights = [sum(bar.get_height() for bar in filled) for filled in axes.containers if len(filled) > 1]
    assert heights == pytest.approx([100, 100])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["one: median 2", "other: median 25"]


@pytest.mark.parametrize("high", [3, 40, 87, 682])
def test_bins_of_whole_numbers_hold_equally_many_of_them(high):
    values = np.arange(high + 1)
    counts, _ = np.histogram(values, charts.bin_edges(values))
    assert counts.sum() == high + 1
    assert len(set(counts[:-1])) <= 1


def test_other_numbers_are_cut_into_equal_bins():
    edges = charts.bin_edges(np.array([0.5, 0.75, 1.5]))
    assert (edges[0], edges[-1], len(edges)) == (0.5, 1.5, charts.NUM_BINS + 1)
