"""Times training steps in 32 and 16 bits and in both memory formats, one after another in turn.

    python training/benchmark_precision.py --model_class=CNN --data_class=MNIST

The flags are those of run_experiment.py; the images are noise, for their content does not matter to the clock. Quote
the ratios: they hold on a machine whose speed drifts, the times do not.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
import torch.nn.functional as F
from torch import nn

from text_recognizer.util import UserError
from training.flags import build, parse

NUM_ROUNDS, NUM_STEPS, NUM_WARM_UP_STEPS = 7, 3, 2
SETTINGS = {
    "32 bits": (torch.float32, torch.contiguous_format),
    "32 bits, channels_last": (torch.float32, torch.channels_last),
    "bf16": (torch.bfloat16, torch.contiguous_format),
    "bf16, channels_last": (torch.bfloat16, torch.channels_last),
}


def make_step(
    model: nn.Module, x: torch.Tensor, y: torch.Tensor, dtype: torch.dtype, memory_format: torch.memory_format
) -> Callable[[], None]:
    """Return a function that trains the model for one step on images (B, 1, H, W) and labels (B,) or (B, S)."""
    model = model.to(x.device).to(memory_format=memory_format)
    x = x.contiguous(memory_format=memory_format)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)

    def step() -> None:
        with torch.autocast(x.device.type, dtype=dtype, enabled=dtype != torch.float32):
            loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()  # waits for a GPU

    return step


def seconds_for(step: Callable[[], None]) -> float:
    """Return the mean time of a step, in seconds."""
    start = time.perf_counter()
    for _ in range(NUM_STEPS):
        step()
    return (time.perf_counter() - start) / NUM_STEPS


def main() -> None:
    """Print the median time of a step in each setting, and how many times faster it is than the first."""
    try:
        args = parse(sys.argv[1:])
        config = build(args.classes["data_class"], args).config()
        models = [build(args.classes["model_class"], args, config) for _ in SETTINGS]
    except UserError as error:
        sys.exit(f"error: {error}")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    x = torch.rand(args.batch_size, *config["input_dims"], device=device)
    y = models[0].to(device)(x).argmax(dim=1)  # labels of the shape that the model gives
    steps = [make_step(model, x, y, *setting) for model, setting in zip(models, SETTINGS.values(), strict=True)]
    for step in steps * NUM_WARM_UP_STEPS:
        step()
    rounds = [[seconds_for(step) for step in steps] for _ in range(NUM_ROUNDS)]
    medians = [statistics.median(times) for times in zip(*rounds, strict=True)]
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{args.model_class} on {args.data_class}, batches of {args.batch_size}, {device}", end="")
    print(f", {torch.get_num_threads()} threads{load}; median of {NUM_ROUNDS} rounds")
    for name, median in zip(SETTINGS, medians, strict=True):
        rate = args.batch_size / median
        print(f"  {name:<24} {median * 1000:7.1f} ms a step {rate:8,.0f} images/s  {medians[0] / median:5.2f} x")


if __name__ == "__main__":
    main()
