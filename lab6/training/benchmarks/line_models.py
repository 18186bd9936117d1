"""Counts the multiplications and weights of models of lines, and times them: what does a wider reader cost?

    python training/benchmarks/line_models.py

A line of average width, one at a time, on one thread; the weights are random. Quote the ratios.
"""

import sys
from functools import partial
from pathlib import Path
from typing import Any

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
from torch import nn

from text_recognizer.models import LineResNetLSTM
from text_recognizer.wide_vocabulary import WIDE_MAPPING
from training.benchmarks.timing import in_turns, load, medians, table
from training.command_line.settings import NoFlags, one_line_errors, parse_settings

WIDTH, NUM_ROUNDS = 704, 9
HEIGHT = 56
CONFIG = {"input_dims": (1, HEIGHT, 1024), "output_dims": (89,), "mapping": WIDE_MAPPING}
VARIANTS: dict[str, dict[str, Any]] = {
    "as before": {},
    "--last_dim=256": {"last_dim": 256},
    "--lstm_layers=2": {"lstm_layers": 2},
    "--last_dim=256 --lstm_layers=2": {"last_dim": 256, "lstm_layers": 2},
    "--last_dim=256 --res_blocks=2": {"last_dim": 256, "res_blocks": 2},
}


def count_multiplications(model: nn.Module, image: torch.Tensor) -> int:
    """Return how many multiplications the convolutions, LSTMs and linear layers of a model do on an image."""
    counts: list[int] = []

    def count(layer: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        if isinstance(layer, nn.Conv2d):
            counts.append(output.numel() * layer.weight[0].numel())
        elif isinstance(layer, nn.Linear):
            counts.append(output.numel() * layer.in_features)
        elif isinstance(layer, nn.LSTM):
            steps = inputs[0].numel() // inputs[0].shape[-1]
            counts.append(steps * sum(weight.numel() for weight in layer.parameters() if weight.dim() == 2))

    handles = [layer.register_forward_hook(count) for layer in model.modules()]
    with torch.inference_mode():
        model(image)
    for handle in handles:
        handle.remove()
    return sum(counts)


def main(argv: list[str] | None = None) -> None:
    """Print multiplications, weights, their size in 16 bits, and the time of a line, of each variant."""
    with one_line_errors():
        parse_settings(NoFlags, __doc__, argv)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    image = torch.rand(1, 1, HEIGHT, WIDTH)
    models = {name: LineResNetLSTM(CONFIG, **flags).eval() for name, flags in VARIANTS.items()}
    counts = {name: count_multiplications(model, image) for name, model in models.items()}
    with torch.inference_mode():
        times = medians(in_turns({name: partial(model, image) for name, model in models.items()}, NUM_ROUNDS))
    first = next(iter(counts))
    print(f"A line of {HEIGHT} x {WIDTH} pixels, one thread, {load()}")
    rows = []
    for name, model in models.items():
        weights = sum(weight.numel() for weight in model.parameters())
        figures = (
            f"{counts[name] / 1e6:,.0f} M",
            f"x {counts[name] / counts[first]:.2f}",
            f"{weights / 1e6:.2f} M weights",
        )
        size, time = f"{2 * weights / 1e6:.1f} MB", f"{1000 * times[name]:.0f} ms, x {times[name] / times[first]:.2f}"
        rows.append((name, *figures, size, time))
    print(table(rows))


if __name__ == "__main__":
    main()
