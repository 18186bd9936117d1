"""Verifies that a checkpoint belongs to its run's log, by repeating the run's validation."""

import math
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml

from text_recognizer.util import UserError
from training.runs.local import Checkpoint, Run
from training.runs.trained_run import CONFIG_NAME, TrainedRun, load_run, make_trainer

REPEATED = ("val_cer", "val_acc", "val_loss")  # the most meaningful first
MOST, SHARE = 0.002, 0.02  # absolute and relative tolerance: rounding differs with hardware and batches
CURE = "Add --verify=false to save it all the same"


def with_tag(runs: Sequence[Run], tag: str, where: str) -> list[Run]:
    """Return the runs with a tag."""
    chosen = [run for run in runs if tag in run.tags]
    if not chosen:
        tags = ", ".join(sorted({name for run in runs for name in run.tags})) or "none"
        raise UserError(f"--tag={tag}: no run in {where} has it. Existing tags: {tags}")
    return chosen


def verify(run: Run, checkpoint: Checkpoint) -> None:
    """Repeat the validation of a run with the weights of a checkpoint, and print the figure.

    Raises
    ------
    UserError
        If it differs from the logged figure.
    """
    names = [name for name in REPEATED if name in checkpoint.metrics]
    if not names:
        raise UserError(f"{run.name}: its checkpoint comes without a validation metric. {CURE}")
    measured = measure(run, checkpoint.filename)
    for name in names:
        logged = checkpoint.metrics[name]
        now = measured.get(name, math.nan)
        if not abs(now - logged) <= max(MOST, SHARE * abs(logged)):
            raise UserError(
                f"{run.name}: its checkpoint gives {name} {now:.4g}, but the run logged {logged:.4g}: these are other "
                f"weights, or the validation data here is not that of the run. {CURE}"
            )
    print("Verified by repeating the validation: " + ", ".join(f"{name} {measured[name]:.4g}" for name in names))


def measure(run: Run, filename: Path) -> dict[str, float]:
    """Return the validation metrics of the weights in a file, on this machine's data."""
    with tempfile.TemporaryDirectory() as dirname:  # the flags of a run at W&B may name other directories
        copy = Path(dirname) / filename.name
        shutil.copy(filename, copy)
        here = {key: value for key, value in run.flags.items() if key not in ("log_dirname", "parameters")}
        (Path(dirname) / CONFIG_NAME).write_text(yaml.safe_dump(here), encoding="utf-8")
        trained: TrainedRun = load_run(copy, "checkpoint", overrides=["--resume=null", "--load_checkpoint=null"])
    trainer = make_trainer(trained.args.precision)
    (metrics,) = trainer.validate(trained.lit_model, trained.data.val_dataloader(), verbose=False)
    return dict(metrics)
