"""Measures on this machine what each tip of PyTorch's performance guide gains.

    python training/benchmarks/performance_guide.py
    python training/benchmarks/performance_guide.py --tips=1,3 --rounds=15

A gain of 100 % is twice as fast. Beside the median of all rounds stand the quartiles: where they lie on both sides of
zero, nothing was shown. `performance.md` says what became of each tip.
"""

import statistics
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from text_recognizer.util import UserError
from training.benchmarks.timing import in_turns, load, processor, table
from training.benchmarks.tips import GPU, TIPS, Tip, deep_network, kept_bytes
from training.command_line.settings import run_command

WITHOUT, WITH = "without", "with"
SECONDS_A_TURN = 0.05  # what takes less is done several times a turn


@dataclass
class Guide:
    """What is measured.

    Parameters
    ----------
    tips
        Numbers from 1 to 14, separated by commas; all if null.
    rounds
        How often each way has its turn.
    threads
        Threads of PyTorch.
    """

    tips: str | None = None
    rounds: int = 9
    threads: int = 1

    def __post_init__(self) -> None:
        numbers = {str(tip.number) for tip in TIPS}
        self.chosen = numbers if self.tips is None else set(self.tips.split(","))
        if unknown := self.chosen - numbers:
            raise UserError(f"--tips={self.tips}: {min(unknown)!r} is not one of 1 to 14")
        for name in ("rounds", "threads"):
            if getattr(self, name) < 1:
                raise UserError(f"--{name}={getattr(self, name)}: expected 1 or more")


def measure(guide: Guide) -> dict[str, list[float]]:
    """Print a row for each tip; return the gains of each that was measured, in %."""
    torch.set_num_threads(guide.threads)
    warnings.filterwarnings("ignore", message=".*torch.jit.script.*|.*Anomaly Detection.*|.*worker processes.*")
    print(f"{processor()}, {guide.threads} thread(s), {load()}, PyTorch {torch.__version__}, {guide.rounds} rounds")
    rows: list[tuple[str, ...]] = [("tip", "gain", "quartiles", "today")]
    gains = {}
    for tip in (tip for tip in TIPS if str(tip.number) in guide.chosen):
        name = f"{tip.number:2} {tip.title}"
        if tip.make is None:
            rows.append((name, "-", GPU, tip.today.removeprefix(f"{GPU}: ")))
            continue
        gains[name] = some = gains_of(tip, guide.rounds)
        low, high = quartiles(some)
        rows.append((name, f"{statistics.median(some):+.0f} %", f"{low:+.0f} to {high:+.0f}", tip.today))
    widest = max(len(row[3]) for row in rows)
    print(table([(*row[:3], row[3].ljust(widest)) for row in rows]))
    if "13" in guide.chosen:
        kept = [kept_bytes(deep_network(recompute)) / 1e6 for recompute in (False, True)]
        print(f"13: kept for the way back: {kept[0]:.1f} MB without checkpointing, {kept[1]:.1f} MB with it")
    return gains


def gains_of(tip: Tip, num_rounds: int) -> list[float]:
    """Return by how many % an image is done faster with the tip than without, in each round."""
    without, with_it = tip.ways()
    first = in_turns({WITHOUT: without, WITH: with_it}, 1)
    repeats = max(1, round(SECONDS_A_TURN / max(1e-6, min(first[WITHOUT][0], first[WITH][0]))))
    times = in_turns({WITHOUT: without, WITH: with_it}, num_rounds, repeats, warm_ups=0)
    an_image = [
        (one / tip.images[0], other / tip.images[1]) for one, other in zip(times[WITHOUT], times[WITH], strict=True)
    ]
    return [100 * (one / other - 1) for one, other in an_image]


def quartiles(values: list[float]) -> tuple[float, float]:
    """Return the values below and above which a quarter lies."""
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(measure, Guide, __doc__, argv)


if __name__ == "__main__":
    main()
