"""Times training steps in 32 and 16 bits and in both memory formats, one after another in turn.

    python training/benchmarks/precision.py --model_class=CNN --data_class=MNIST

The flags are those of run_experiment.py; the images are noise, because their content does not change the time. Quote
the ratios: unlike the times, they hold on a machine whose speed drifts.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
import torch.nn.functional as F
from torch import nn

from text_recognizer.util import UserError
from training.benchmarks.timing import in_turns, load, medians, table
from training.command_line.flags import build, parse

NUM_ROUNDS, NUM_STEPS = 7, 3
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


def main(argv: Sequence[str] | None = None) -> None:
    """Print the median time of a step in each setting, and how many times faster it is than the first."""
    try:
        args = parse(sys.argv[1:] if argv is None else argv)
        config = build(args.classes["data_class"], args).config()
        models = [build(args.classes["model_class"], args, config) for _ in SETTINGS]
    except UserError as error:
        sys.exit(f"error: {error}")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    x = torch.rand(args.batch_size, *config["input_dims"], device=device)
    y = models[0].to(device)(x).argmax(dim=1)  # labels of the shape that the model gives
    steps = {
        name: make_step(model, x, y, *setting) for model, (name, setting) in zip(models, SETTINGS.items(), strict=True)
    }
    times = medians(in_turns(steps, NUM_ROUNDS, repeats=NUM_STEPS))
    print(f"{args.model_class} on {args.data_class}, batches of {args.batch_size}, {device}", end="")
    print(f", {torch.get_num_threads()} threads, {load()}; median of {NUM_ROUNDS} rounds")
    first = next(iter(times.values()))
    rows = [
        (name, f"{1000 * time:.1f} ms a step", f"{args.batch_size / time:,.0f} images/s", f"{first / time:.2f} x")
        for name, time in times.items()
    ]
    print(table(rows))


if __name__ == "__main__":
    main()
