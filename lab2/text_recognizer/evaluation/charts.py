"""Charts for the notebooks. They need matplotlib, which `make setup` installs and nothing else of the labs uses."""

import warnings
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np

SHOWN_AS = {" ": "\N{OPEN BOX}", "\n": "\N{DOWNWARDS ARROW WITH CORNER LEFTWARDS}", "$": r"\$"}
WIDTH, HEIGHT = 11, 3  # inches
NUM_BINS = 40
# Whoever draws charts is in a notebook, where rich shows progress bars only with ipywidgets and complains without.
warnings.filterwarnings("ignore", 'install "ipywidgets"')


def bars(counts: Mapping[str, float], title: str, log: bool = False) -> None:
    """Draw a bar for each name, in the order of the names."""
    _, axes = plt.subplots(figsize=(WIDTH, HEIGHT), layout="constrained")
    names = [SHOWN_AS.get(name, name) for name in counts]
    axes.bar(range(len(names)), list(counts.values()), log=log)
    axes.set_xticks(range(len(names)), names, rotation=90 if max(map(len, names), default=0) > 2 else 0)
    axes.set(title=title, xlim=(-1, len(names)))
    plt.show()


def histograms(values: Mapping[str, Sequence[float]], title: str, unit: str) -> None:
    """Draw how often numbers occur, as shares, so that sets of different sizes compare; medians are dashed."""
    _, axes = plt.subplots(figsize=(WIDTH, HEIGHT), layout="constrained")
    edges = bin_edges(np.concatenate([np.asarray(row, dtype=float) for row in values.values()]))
    for i, (name, row) in enumerate(values.items()):
        median = np.median(row)
        weights = np.full(len(row), 100 / len(row))
        axes.hist(row, edges, weights=weights, color=f"C{i}", alpha=0.15)
        axes.hist(row, edges, weights=weights, color=f"C{i}", histtype="step", label=f"{name}: median {median:.4g}")
        axes.axvline(median, color=f"C{i}", linestyle="dashed")
    axes.set(title=title, xlabel=unit, ylabel="%")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))  # beside the chart, so that it hides nothing
    plt.show()


def bin_edges(values: np.ndarray) -> list[float]:
    """Return the edges of bins; those of whole numbers hold equally many of them each, or some would look rare."""
    low, high = values.min(), values.max()
    if not np.equal(values, values.round()).all():
        return np.linspace(low, high, NUM_BINS + 1).tolist()
    step = max(1, round((high - low) / NUM_BINS))
    return (np.arange(low, high + step + 1, step) - 0.5).tolist()
