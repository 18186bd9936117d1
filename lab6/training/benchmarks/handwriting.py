"""Times the handwriting engine: lines and paragraphs a second, for one core.

    python training/benchmarks/handwriting.py

One process and one thread, camera included. The time is the process's own, so that other work on the machine counts
little; the first lines, which load the fonts, are left out. Rounds take turns; the median counts.
"""

import itertools
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # this lab's own text_recognizer, whatever is installed

import numpy as np

from text_recognizer.data.prose.text import TextSource, describe_text
from text_recognizer.handwriting.example import draw_example
from text_recognizer.handwriting.hands import describe_hands, find_hands
from text_recognizer.handwriting.page import draw_page
from training.benchmarks.timing import in_turns, load, table
from training.command_line.settings import NoFlags, one_line_errors, parse_settings

PAGE_SHAPE = (576, 640)
NUM_ROUNDS, NUM_LINES, NUM_PAGES = 7, 30, 5
NUM_WARM_UP = 200


def main(argv: list[str] | None = None) -> None:
    """Print the figures."""
    with one_line_errors():
        parse_settings(NoFlags, __doc__, argv)
    hands, texts = find_hands("train"), TextSource("train")
    jobs: dict[str, tuple[Callable, int]] = {
        "lines": (lambda rng: draw_example(hands, texts, rng), NUM_LINES),
        "paragraphs of 576 x 640": (lambda rng: draw_page(hands, texts, PAGE_SHAPE, rng), NUM_PAGES),
        "paragraphs of 10 lines": (lambda rng: draw_page(hands, texts, PAGE_SHAPE, rng, 10), NUM_PAGES),
    }
    print(f"{describe_hands()}; text from {describe_text()}; {load()}")
    for i in range(NUM_WARM_UP):
        draw_example(hands, texts, np.random.default_rng([1, i]))
    ways = {name: partial(draw_some, draw, num, itertools.count()) for name, (draw, num) in jobs.items()}
    rounds = in_turns(ways, NUM_ROUNDS, warm_ups=0, clock=time.process_time)
    rows = []
    for name, times in rounds.items():
        median, worst = (1000 * some / jobs[name][1] for some in (statistics.median(times), max(times)))
        rows.append((name, f"{1000 / median:.0f} /s", f"{median:.2f} ms", f"(worst round {worst:.2f} ms)"))
    print(table(rows))


def draw_some(draw: Callable, num: int, rounds: Iterator[int]) -> None:
    """Draw the examples of the next round."""
    number = next(rounds)
    for i in range(num):
        draw(np.random.default_rng([number, i]))


if __name__ == "__main__":
    main()
