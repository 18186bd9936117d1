"""Compares the speed of run_experiment.py's training steps with a bare loop over the same model and data, in turns.

    python training/benchmarks/steps.py --data_class=MNIST --model_class=CNN --num_steps=50

The flags are those of run_experiment.py, and --num_rounds and --num_steps. The bare loop has the same loader, model,
loss and optimizer, but no Trainer, no callbacks and no logs. The two take turns in going first, so that a drift of the
machine's speed affects both. Use many more steps than --num_workers, because the first batches are loaded ahead. The
figure to quote is the ratio.
"""

import contextlib
import itertools
import statistics
import sys
import tempfile
import time
import warnings
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from text_recognizer.lit_models import BaseLitModel
from text_recognizer.util import UserError
from training.benchmarks.timing import load, table
from training.command_line.flags import build, parse
from training.command_line.settings import one_line_errors, parse_beside_run
from training.run_experiment import make_trainer, train

NUM_WARM_UP_STEPS = 3  # in them workers start, convolution algorithms are chosen and memory is allocated
AUTOCAST_DTYPES = {None: None, "32-true": None, "32": None, "bf16-mixed": torch.bfloat16}
# Work at the beginning of a run or at the end of an epoch does not belong to a step.
ONLY_STEPS = {"limit_val_batches": 0, "num_sanity_val_steps": 0, "enable_checkpointing": False}
ONLY_STEPS |= {"min_epochs": 0, "max_epochs": -1, "max_steps": -1, "enable_model_summary": False, "devices": 1}


@dataclass
class Rounds:
    """The length of the measurement.

    Parameters
    ----------
    num_rounds
        Number of rounds, in each of which both are timed.
    num_steps
        Number of steps of each in a round, after a few warm-up steps.
    """

    num_rounds: int = 5
    num_steps: int = 20

    def __post_init__(self) -> None:
        if self.num_rounds < 1 or self.num_steps < 1:
            given = f"--num_rounds={self.num_rounds} --num_steps={self.num_steps}"
            raise UserError(f"{given}: expected 1 or more of each")


class Stopwatch(pl.Callback):
    """Times the steps after the warm-up.

    Parameters
    ----------
    num_steps
        Number of steps that are timed.
    """

    def __init__(self, num_steps: int) -> None:
        self.num_steps = num_steps
        self.num_batches = 0
        self.start = self.end = 0.0

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:
        """Count a batch, and stop the training after the last."""
        self.tick(pl_module.device)
        trainer.should_stop = self.end > 0

    def tick(self, device: torch.device) -> None:
        """Count one more step; record the time at the end of the warm-up and of the last step."""
        self.num_batches += 1
        if self.num_batches == NUM_WARM_UP_STEPS:
            self.start = now(device)
        if self.num_batches == NUM_WARM_UP_STEPS + self.num_steps:
            self.end = now(device)

    @property
    def rate(self) -> float:
        """Steps a second."""
        return self.num_steps / (self.end - self.start)


def now(device: torch.device) -> float:
    """Return the time in seconds, after the device has finished its queue."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def time_trainer(args: Namespace, num_steps: int) -> float:
    """Return the steps per second of run_experiment.py's own `train`."""
    stopwatch = Stopwatch(num_steps)
    with tempfile.TemporaryDirectory() as dirname:
        train(Namespace(**vars(args) | {"callbacks": [stopwatch], "default_root_dir": dirname}))
    return stopwatch.rate


def time_bare(args: Namespace, num_steps: int, device: torch.device) -> float:
    """Return the steps per second of the bare loop."""
    pl.seed_everything(args.seed, workers=True, verbose=False)
    data = build(args.classes["data_class"], args)
    data.prepare_data()
    data.setup()
    model = build(args.classes["model_class"], args, data.config())
    lit_model = build(args.classes["loss"], args, model, data.config()).to(device)
    lit_model.log = lambda *_, **__: None
    stopwatch = Stopwatch(num_steps)
    batches = itertools.islice(forever(data.train_dataloader()), NUM_WARM_UP_STEPS + num_steps)
    bare_loop(lit_model, batches, args, lambda: stopwatch.tick(device))
    return stopwatch.rate


def bare_loop(
    lit_model: BaseLitModel, batches: Iterator[Sequence[torch.Tensor]], args: Namespace, tick: Callable[[], None]
) -> None:
    """Train on batches in a plain loop, with the precision, clipping and accumulation of the flags."""
    optimizer = lit_model.optimizer_class(lit_model.parameters(), lr=lit_model.lr)
    dtype = AUTOCAST_DTYPES[args.precision]
    device = lit_model.device
    for i, batch in enumerate(batches):
        x, y = (part.to(device, non_blocking=True) for part in batch)
        with torch.autocast(device.type, dtype, enabled=dtype is not None):
            loss = lit_model.training_step((x, y), i)
        (loss / args.accumulate_grad_batches).backward()
        if (i + 1) % args.accumulate_grad_batches == 0:
            if args.gradient_clip_val:
                torch.nn.utils.clip_grad_norm_(lit_model.parameters(), args.gradient_clip_val)
            optimizer.step()
            optimizer.zero_grad()
        tick()


def forever(loader: DataLoader) -> Iterator[Sequence[torch.Tensor]]:
    """Yield the batches of one epoch after the other."""
    while True:
        yield from loader


def parse_flags(argv: Sequence[str] | None) -> tuple[Namespace, Rounds]:
    """Return the flags of the run, and the number of rounds and steps."""
    rounds, flags = parse_beside_run(Rounds, __doc__, argv)
    args = parse(flags)
    if args.precision not in AUTOCAST_DTYPES:
        raise UserError(f"--precision={args.precision}: expected 32-true or bf16-mixed, which the bare loop supports")
    if args.one_cycle_max_lr is not None:
        raise UserError("--one_cycle_max_lr: the bare loop has no schedule. Leave the flag out")
    return Namespace(**vars(args) | ONLY_STEPS), rounds


def main(argv: Sequence[str] | None = None) -> None:
    """Print the median rates of both, and the median of the rounds' ratios."""
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    with one_line_errors():
        args, rounds = parse_flags(argv)
        num_rounds, num_steps = rounds.num_rounds, rounds.num_steps
        with contextlib.redirect_stdout(sys.stderr):
            device = make_trainer(args).strategy.root_device
            rates = [one_round(args, num_steps, device, bare_first=i % 2 == 1) for i in range(num_rounds)]
    ours, bare = (statistics.median(rate) for rate in zip(*rates, strict=True))
    ratio = statistics.median(one / other for one, other in rates)
    print(f"{args.model_class} on {args.data_class}, batches of {args.batch_size}", end="")
    print(f", {torch.get_num_threads()} threads, {load()}; median of {num_rounds} rounds of {num_steps} steps")
    print(table([("run_experiment.py", f"{ours:.2f} steps/s"), ("bare loop", f"{bare:.2f} steps/s")]))
    print(f"  ratio {ratio:.3f}")


def one_round(args: Namespace, num_steps: int, device: torch.device, bare_first: bool) -> tuple[float, float]:
    """Return the steps per second of run_experiment.py and of the bare loop."""
    if bare_first:
        bare = time_bare(args, num_steps, device)
        return time_trainer(args, num_steps), bare
    return time_trainer(args, num_steps), time_bare(args, num_steps, device)


if __name__ == "__main__":
    main()
