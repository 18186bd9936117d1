"""Times how long it takes to write a text, with and without keeping what was computed before.

    python training/benchmark_decoding.py

One image, 681 tokens (the longest paragraph of IAM has 680 characters), and a memory of 360 and of 1,440 features; the
weights are random and the end token is never taken, so that both ways do the same work. Quote the ratios.
"""

import os
import sys
import time
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch

from text_recognizer.models.transformer_decoder import TransformerDecoder, greedy_decode

NUM_TOKENS, NUM_CLASSES, DIM, FC_DIM, NUM_HEADS, NUM_LAYERS = 681, 84, 256, 1024, 4, 4
MEMORY_LENGTHS = (360, 1_440)
START, NEVER, PADDING = 1, -1, 3


@torch.inference_mode()
def decode_without_cache(decoder: TransformerDecoder, memory: torch.Tensor) -> torch.Tensor:
    """Write the likeliest tokens, computing everything anew for each: (1, S, E) -> (1, NUM_TOKENS + 1)."""
    written = torch.full((1, 1), START)
    for _ in range(NUM_TOKENS):
        written = torch.cat([written, decoder(written, memory)[:, -1:].argmax(dim=2)], dim=1)
    return written


def main() -> None:
    """Print both times and their ratio for each memory length."""
    torch.manual_seed(0)
    decoder = TransformerDecoder(NUM_CLASSES, NUM_TOKENS + 1, DIM, FC_DIM, NUM_HEADS, NUM_LAYERS, dropout=0.0).eval()
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{NUM_TOKENS} tokens, batch 1, {torch.get_num_threads()} threads{load}")
    for length in MEMORY_LENGTHS:
        memory = torch.randn(1, length, DIM)
        greedy_decode(decoder, memory[:, :10], START, NEVER, PADDING)  # warms up
        start = time.perf_counter()
        cached = greedy_decode(decoder, memory, START, NEVER, PADDING)
        middle = time.perf_counter()
        uncached = decode_without_cache(decoder, memory)
        end = time.perf_counter()
        same = (cached == uncached).float().mean()
        print(
            f"  memory of {length:>5,}: cached {middle - start:6.2f} s, uncached {end - middle:6.2f} s, "
            f"ratio {(end - middle) / (middle - start):5.1f}, {same:.1%} of the tokens the same"
        )


if __name__ == "__main__":
    main()
