"""Times the decoding of a text, with and without a cache of keys and values.

    python training/benchmarks/decoding.py

One image, 681 tokens (the longest paragraph of IAM has 680 characters), and a memory of 360 and of 1,440 features; the
weights are random and the end token is never taken, so that both ways do the same work. Quote the ratios.
"""

import argparse
import sys
from functools import partial
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from text_recognizer.models.transformer_decoder import TransformerDecoder, greedy_decode
from training.benchmarks.timing import load, table, timed

NUM_CLASSES, DIM, FC_DIM, NUM_HEADS, NUM_LAYERS = 84, 256, 1024, 4, 4
MEMORY_LENGTHS = (360, 1_440)
START, NEVER, PADDING = 1, -1, 3


@torch.inference_mode()
def decode_without_cache(decoder: TransformerDecoder, memory: torch.Tensor, num_tokens: int) -> torch.Tensor:
    """Generate T tokens, and compute everything again for each: (1, S, E) -> (1, T + 1)."""
    written = torch.full((1, 1), START)
    for _ in range(num_tokens):
        written = torch.cat([written, decoder(written, memory)[:, -1:].argmax(dim=2)], dim=1)
    return written


def main() -> None:
    """Print both times and their ratio for each memory length."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--num_tokens", type=int, default=681, help="tokens to write: 681 is a long page")
    num_tokens = parser.parse_args().num_tokens
    torch.manual_seed(0)
    decoder = TransformerDecoder(NUM_CLASSES, num_tokens + 1, DIM, FC_DIM, NUM_HEADS, NUM_LAYERS, dropout=0.0).eval()
    print(f"{num_tokens} tokens, batch 1, {torch.get_num_threads()} threads, {load()}")
    rows = []
    for length in MEMORY_LENGTHS:
        memory = torch.randn(1, length, DIM)
        greedy_decode(decoder, memory[:, :10], START, NEVER, PADDING)  # warms up
        cached, quick = timed(partial(greedy_decode, decoder, memory, START, NEVER, PADDING))
        uncached, slow = timed(partial(decode_without_cache, decoder, memory, num_tokens))
        same = (cached == uncached).float().mean()
        figures = (f"cached {quick:.2f} s", f"uncached {slow:.2f} s", f"ratio {slow / quick:.1f}")
        rows.append((f"memory of {length:,}", *figures, f"{same:.1%} of the tokens the same"))
    print(table(rows))


if __name__ == "__main__":
    main()
