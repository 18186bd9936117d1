"""Times the engine for general graphs on CTC's graph, against PyTorch's own CTC loss.

    python training/benchmarks/graphs.py

It takes a batch of random scores and texts, forward and backward, and builds the graphs each time. Quote the ratio:
unlike the times, it holds on a machine whose speed drifts.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
import torch.nn.functional as F

from text_recognizer.graphs.align import alignments
from text_recognizer.graphs.graph import chain
from text_recognizer.graphs.score import forward_scores

NUM_LINES, NUM_STEPS, NUM_LABELS, BLANK = 32, 128, 40, 0
NUM_ROUNDS = 7


def losses(num_classes: int, seed: int = 0) -> tuple[torch.Tensor, dict[str, Callable[[], torch.Tensor]]]:
    """Return random logits (B, S, C), and the two ways to find the summed loss of random texts on them."""
    torch.manual_seed(seed)
    logits = torch.randn(NUM_LINES, NUM_STEPS, num_classes, requires_grad=True)
    texts = torch.randint(1, num_classes, (NUM_LINES, NUM_LABELS))
    steps, lengths = torch.full((NUM_LINES,), NUM_STEPS), torch.full((NUM_LINES,), NUM_LABELS)

    def ctc_loss() -> torch.Tensor:
        emissions = logits.log_softmax(dim=2).transpose(0, 1)  # (S, B, C)
        return F.ctc_loss(emissions, texts, steps, lengths, blank=BLANK, reduction="sum")

    def graphs() -> torch.Tensor:
        return -forward_scores(
            logits.log_softmax(dim=2), [alignments(chain(text), BLANK) for text in texts.tolist()]
        ).sum()

    return logits, {"CTCLoss": ctc_loss, "graphs": graphs}


def seconds_for(logits: torch.Tensor, loss: Callable[[], torch.Tensor]) -> float:
    """Return the time of a loss and its gradient, in seconds."""
    logits.grad = None
    start = time.perf_counter()
    loss().backward()
    return time.perf_counter() - start


def measure(num_classes: int, num_rounds: int = NUM_ROUNDS) -> dict[str, float]:
    """Return the median times of both ways, which take turns, in seconds."""
    logits, ways = losses(num_classes)
    rounds = [[seconds_for(logits, loss) for loss in ways.values()] for _ in range(num_rounds + 1)][
        1:
    ]  # one to warm up
    return dict(zip(ways, map(statistics.median, zip(*rounds, strict=True)), strict=True))


def main(argv: list[str] | None = None) -> None:
    """Print the times for each number of pieces."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pieces", type=int, nargs="+", default=[100, 1000], help="numbers of classes to try")
    args = parser.parse_args(argv)
    print(
        f"{NUM_LINES} lines of {NUM_STEPS} steps and {NUM_LABELS} labels, {torch.get_num_threads()} threads; "
        f"median of {NUM_ROUNDS} rounds"
    )
    for num_pieces in args.pieces:
        times = measure(num_pieces)
        shown = ", ".join(f"{name} {1000 * seconds:.1f} ms" for name, seconds in times.items())
        print(f"{num_pieces:6,} pieces: {shown}, {times['graphs'] / times['CTCLoss']:.1f} times as long")


if __name__ == "__main__":
    main()
