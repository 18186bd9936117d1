"""Clocks, turns and tables of the benchmarks.

The speed of most machines drifts: they grow hot, and other programs run on them. So the compared ways take turns, the
result is the median of several rounds, and the number to quote is a ratio. torch.utils.benchmark times one way after
the other, with one thread, and knows no other clock; that is why these few functions are our own.
"""

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

Way = Callable[[], object]
Result = TypeVar("Result")


def seconds(way: Way, repeats: int = 1, clock: Callable[[], float] = time.perf_counter) -> float:
    """Return how long something takes, in seconds: the mean of this many repetitions."""
    start = clock()
    for _ in range(repeats):
        way()
    return (clock() - start) / repeats


def timed(way: Callable[[], Result]) -> tuple[Result, float]:
    """Return the result of a function, and the seconds that it took."""
    start = time.perf_counter()
    result = way()
    return result, time.perf_counter() - start


def in_turns(
    ways: Mapping[str, Way],
    num_rounds: int,
    repeats: int = 1,
    warm_ups: int = 1,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Return the seconds of each way in each round; in a round each way has its turn.

    Parameters
    ----------
    ways
        What is timed, by name.
    num_rounds
        So many times are returned of each.
    repeats
        How often each way is done in one turn, whose mean counts.
    warm_ups
        So many rounds go before, whose times are thrown away.
    clock
        `time.process_time` leaves out the time in which the processor does other things.
    """
    rounds = [{name: seconds(way, repeats, clock) for name, way in ways.items()} for _ in range(warm_ups + num_rounds)]
    return {name: [times[name] for times in rounds[warm_ups:]] for name in ways}


def medians(times: Mapping[str, Iterable[float]]) -> dict[str, float]:
    """Return the median of each way's times."""
    return {name: statistics.median(some) for name, some in times.items()}


def load() -> str:
    """Return how busy the machine is: the mean number of processes in the last minute that wanted to compute."""
    return f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"


def processor() -> str:
    """Return the processor's name."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return a table as lines: columns are aligned, the first one to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  " + "  ".join([first.ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(rest, widths[1:], strict=True))])
        for first, *rest in rows
    )
