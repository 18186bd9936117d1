"""Reads many different pages one by one, in threads and in processes, and compares the texts and the memory.

    python training/benchmarks/many_pages.py
    python training/benchmarks/many_pages.py --num_pages=100 --num_threads=8 --num_processes=3

All threads share one recogniser; each process has its own. Every page must have the same text each time, and the memory
must not grow from page to page. The pages are drawn: one to three lines of words and a number, in several sizes.
"""

import multiprocessing
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from text_recognizer.util import UserError
from training.benchmarks.memory import memory_now, shown
from training.benchmarks.timing import processor
from training.command_line.settings import run_command

WORDS = "every good book about old boats tells how they were built and why some never came home".split()  # noqa: SIM905
NUM_PARTS = 10  # the memory is shown after each


@dataclass
class ManyPages:
    """What to read.

    Parameters
    ----------
    num_pages
        Number of different pages.
    num_threads
        Number of threads that read with one recogniser.
    num_processes
        Number of processes, each with a recogniser.
    artifact_dirname
        Read with this model instead of the shipped one.
    """

    num_pages: int = 1000
    num_threads: int = 4
    num_processes: int = 2
    artifact_dirname: str | None = None

    def __post_init__(self) -> None:
        for name in ("num_pages", "num_threads", "num_processes"):
            if getattr(self, name) < 1:
                raise UserError(f"--{name}={getattr(self, name)}: expected 1 or more")


def draw_note(number: int) -> Image.Image:
    """Draw a page of one to three lines, the same for the same number."""
    rng = np.random.default_rng(number)
    size = int(rng.integers(24, 48))
    lines = [" ".join(rng.choice(WORDS, rng.integers(1, 5))) for _ in range(rng.integers(1, 4))]
    lines[-1] += f" {number}"
    page = Image.new("L", (24 * size, (2 * len(lines) + 1) * size), int(rng.integers(200, 255)))
    for i, line in enumerate(lines):
        ImageDraw.Draw(page).text((size, (2 * i + 0.7) * size), line, fill=30, font=ImageFont.load_default(size))
    return page


def read_notes(numbers: Sequence[int], artifact_dirname: str | None, num_threads: int) -> list[str]:
    """Read the pages of some numbers in a process of its own, with its share of the processor's threads."""
    torch.set_num_threads(num_threads)
    recognizer = ParagraphTextRecognizer(artifact_dirname)
    return [recognizer.predict(draw_note(number)) for number in numbers]


def compare(args: ManyPages) -> list[int]:
    """Read the pages in each way; print and return the numbers of pages whose text differs from that read alone."""
    recognizer = ParagraphTextRecognizer(args.artifact_dirname)
    alone: list[str] = []
    print(f"{args.num_pages:,} pages; {processor()}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    print(f"  at first: {shown(memory_now())}", flush=True)
    for part in np.array_split(np.arange(args.num_pages), min(NUM_PARTS, args.num_pages)):
        alone += [recognizer.predict(draw_note(int(number))) for number in part]
        print(f"  after {len(alone):,} pages: {shown(memory_now())}", flush=True)
    print(f"  {sum(map(len, alone)):,} characters, {alone.count(''):,} texts empty", flush=True)

    with ThreadPoolExecutor(args.num_threads) as threads:
        texts = list(threads.map(lambda number: recognizer.predict(draw_note(number)), range(args.num_pages)))
    different = [_num_different(texts, alone)]
    print(f"{args.num_threads} threads: {different[0]:,} texts differ; {shown(memory_now())}", flush=True)

    num = args.num_processes
    parts = [range(first, args.num_pages, num) for first in range(num)]
    read = partial(
        read_notes, artifact_dirname=args.artifact_dirname, num_threads=max(1, torch.get_num_threads() // num)
    )
    with ProcessPoolExecutor(num, multiprocessing.get_context("spawn")) as processes:
        texts = [""] * args.num_pages
        for numbers, some in zip(parts, processes.map(read, parts), strict=True):
            for number, text in zip(numbers, some, strict=True):
                texts[number] = text
    different.append(_num_different(texts, alone))
    print(f"{num} processes: {different[1]:,} texts differ")
    return different


def _num_different(texts: Sequence[str], expected: Sequence[str]) -> int:
    return sum(one != two for one, two in zip(texts, expected, strict=True))


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(compare, ManyPages, __doc__, argv)


if __name__ == "__main__":
    main()
