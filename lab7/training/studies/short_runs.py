"""Short trainings for studies, with the flags of run_experiment.py, optionally from given weights."""

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch

from text_recognizer.util import UserError
from training.benchmarks.timing import processor
from training.command_line.flags import build, parse
from training.run_experiment import train
from training.runs.trained_run import make_trainer

QUIET = (
    "--enable_checkpointing=false",
    "--enable_model_summary=false",
    "--enable_progress_bar=false",
    "--limit_val_batches=0",
    "--logger=false",
    "--num_sanity_val_steps=0",
    "--patience=0",
)
SET_HERE = [*(flag.split("=")[0] for flag in QUIET), "--seed", "--load_checkpoint", "--resume", "--max_time"]
Weights = Mapping[str, torch.Tensor]


@dataclass
class ShortRun:
    """The result of a short training.

    Parameters
    ----------
    metrics
        Metrics of the validation data, with the last weights.
    steps
        Steps of the optimizer.
    seconds
        The time of training.
    num_parameters
        Number of the model's parameters.
    provenance
        The source of the data.
    lit_model
        The trained model.
    """

    metrics: dict[str, float]
    steps: int
    seconds: float
    num_parameters: int
    provenance: str
    lit_model: Any


def run_short(flags: Sequence[str], start: Weights | None = None) -> ShortRun:
    """Train with flags of run_experiment.py, and measure on the validation data.

    Parameters
    ----------
    flags
        The flags of the run, including the length of the training.
    start
        Weights to start from, by their names in the model; the others are random.
    """
    flags = [*flags, *QUIET]
    with tempfile.TemporaryDirectory() as dirname:
        if start is not None:
            filename = Path(dirname) / "start.ckpt"
            write_start(flags, start, filename)
            flags.append(f"--load_checkpoint={filename}")
        began = time.perf_counter()
        lit_model: Any
        trainer, lit_model, data = train(parse(flags))
        seconds = time.perf_counter() - began
    (metrics,) = make_trainer(None).validate(lit_model, data.val_dataloader(), verbose=False)
    num_parameters = sum(weight.numel() for weight in lit_model.model.parameters())
    return ShortRun(dict(metrics), trainer.global_step, seconds, num_parameters, data.provenance, lit_model)


def write_start(flags: Sequence[str], start: Weights, filename: Path) -> None:
    """Write a checkpoint of the model of some flags, untrained except for given weights.

    Raises
    ------
    UserError
        If the model has no weight of a name, or one of another shape.
    """
    args = parse(flags)
    pl.seed_everything(args.seed, workers=True, verbose=False)
    config = build(args.classes["data_class"], args).config()
    lit_model = build(args.classes["loss"], args, build(args.classes["model_class"], args, config), config)
    own = lit_model.model.state_dict()
    strangers = [name for name, value in start.items() if name not in own or own[name].shape != value.shape]
    if strangers:
        raise UserError(f"{strangers[0]} is no weight of {args.model_class} with these flags: expected the same flags")
    lit_model.model.load_state_dict(dict(start), strict=False)
    torch.save({"state_dict": lit_model.state_dict(), "pytorch-lightning_version": pl.__version__}, filename)


def machine() -> str:
    """Return the name of what trains: the GPU, if there is one, and the processor."""
    gpu = [torch.cuda.get_device_name()] if torch.cuda.is_available() else []
    return ", ".join([*gpu, processor()])


def time_flags(minutes: float) -> list[str]:
    """Return the flags that end a training after some minutes, in any epoch."""
    seconds = max(1, round(60 * minutes))
    return ["--max_epochs=-1", f"--max_time=00:{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"]


def parse_numbers(text: str, flag: str) -> list[float]:
    """Parse positive numbers, separated by commas."""
    try:
        numbers = [float(word) for word in text.split(",")]
    except ValueError:
        numbers = []
    if not numbers or not all(0 < number < float("inf") for number in numbers):
        raise UserError(f"--{flag}={text}: expected numbers above 0, separated by commas")
    return numbers


def check_names(text: str, known: Sequence[str] | Mapping[str, object], flag: str) -> list[str]:
    """Parse known names, separated by commas."""
    names = text.split(",")
    if unknown := [name for name in names if name not in known]:
        raise UserError(f"--{flag}={text}: {unknown[0]!r} is not one of {', '.join(known)}")
    return names
