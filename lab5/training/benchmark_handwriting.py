"""Times the handwriting engine: lines and paragraphs a second, for one core.

    python training/benchmark_handwriting.py

One process and one thread, camera included. The time is the process's own, so that other work on the machine counts
little; the first lines, which load the fonts, are left out. Rounds take turns; the median counts.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # this lab's own text_recognizer, whatever is installed

import numpy as np

from text_recognizer.handwriting.example import draw_example
from text_recognizer.handwriting.hands import describe_hands, find_hands
from text_recognizer.handwriting.page import draw_page
from text_recognizer.handwriting.text import TextSource, describe_text

PAGE_SHAPE = (576, 640)
NUM_ROUNDS, NUM_LINES, NUM_PAGES = 7, 30, 5
NUM_WARM_UP = 200


def main() -> None:
    """Print the figures."""
    hands, texts = find_hands("train"), TextSource("train")
    jobs: dict[str, tuple[Callable, int]] = {
        "lines": (lambda rng: draw_example(hands, texts, rng), NUM_LINES),
        "paragraphs of 576 x 640": (lambda rng: draw_page(hands, texts, PAGE_SHAPE, rng), NUM_PAGES),
        "paragraphs of 10 lines": (lambda rng: draw_page(hands, texts, PAGE_SHAPE, rng, 10), NUM_PAGES),
    }
    print(f"{describe_hands()}; text from {describe_text()}; load {os.getloadavg()[0]:.1f}")
    for i in range(NUM_WARM_UP):
        draw_example(hands, texts, np.random.default_rng([1, i]))
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for number in range(NUM_ROUNDS):
        for name, (draw, num) in jobs.items():
            start = time.process_time()
            for i in range(num):
                draw(np.random.default_rng([number, i]))
            seconds[name].append((time.process_time() - start) / num)
    for name, values in seconds.items():
        median = statistics.median(values)
        print(f"  {name:24} {1 / median:7.0f} /s {1000 * median:8.2f} ms   (worst round {1000 * max(values):.2f} ms)")


if __name__ == "__main__":
    main()
