"""Records the settings and the result of a run beside its logs: one line of the local index of runs."""

import hashlib
import json
import os
import platform
import subprocess
import time
from collections.abc import Sized
from datetime import datetime
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch

from text_recognizer.util import write_atomically

NAME = "run.json"
NUM_HASHED = 16  # validation examples; they tell data sets apart without reading gigabytes
RUNNING, TRAINED, TESTED = "running", "trained", "tested"


class RunRecord(pl.Callback):
    """Write run.json beside the metrics: commit, data, sizes, duration, best checkpoint and final metrics.

    The file is there from the first step on, and is written anew after each validation: of a run that is killed, it
    tells how far it came. training/compare_runs.py reads it.

    Parameters
    ----------
    tags
        Words by which to find the run again, separated by commas, such as paragraphs,night.
    """

    def __init__(self, tags: str = "") -> None:
        self.tags = split_tags(tags)
        self.filename: Path | None = None  # of several processes, one has it
        self.record: dict[str, Any] = {}
        self.start = 0.0

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write down what is known before the first step."""
        log_dirname = getattr(trainer.logger, "log_dir", None)
        if log_dirname is None or not trainer.is_global_zero:
            return
        self.filename, self.start = Path(log_dirname) / NAME, time.time()
        self.record = {
            "status": RUNNING,
            "started": datetime.now().astimezone().isoformat(timespec="seconds"),
            "tags": self.tags,
            "machine": {"host": platform.node(), "process": os.getpid(), "num_processes": trainer.world_size},
            "git": git_commit(),
            "data": describe_data(trainer.datamodule),  # type: ignore[attr-defined]
            "parameters": count_parameters(pl_module),
            "versions": {"python": platform.python_version(), "torch": torch.__version__, "lightning": pl.__version__},
            "device": str(pl_module.device),
        }
        self._write(trainer)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write down how far the run has come."""
        if not trainer.sanity_checking and self.record.get("status") == RUNNING:
            self._write(trainer)

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Record that the training has ended."""
        self._write(trainer, status=TRAINED)

    def on_test_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write down what the test found."""
        self._write(trainer, status=TESTED)

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Write down what stopped the run."""
        self._write(trainer, status=f"stopped: {type(exception).__name__}")

    def _write(self, trainer: pl.Trainer, **changes: Any) -> None:
        if self.filename is None:
            return
        best = getattr(trainer.checkpoint_callback, "best_model_path", "")
        metrics = {name: value.item() for name, value in trainer.callback_metrics.items()}
        self.record |= {
            "seconds": round(time.time() - self.start, 2),
            "epochs": trainer.current_epoch,
            "steps": trainer.global_step,
            "best_checkpoint": os.path.relpath(best, self.filename.parent) if best else None,
            "metrics": self.record.get("metrics", {}) | metrics,
            **changes,
        }
        with write_atomically(self.filename) as file:
            file.write((json.dumps(self.record, indent=1) + "\n").encode())


def split_tags(text: str) -> list[str]:
    """Return the tags of a text in which commas separate them."""
    return [tag for word in text.split(",") if (tag := word.strip())]


def git_commit() -> dict[str, Any] | None:
    """Return the commit of the code and whether files differ from it; None where git does not know the code."""
    try:
        commit, changes = (
            subprocess.run(
                ["git", *words], cwd=Path(__file__).parent, capture_output=True, text=True, check=True, timeout=60
            ).stdout.strip()
            for words in (["rev-parse", "HEAD"], ["status", "--porcelain", "--untracked-files=no"])
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return {"commit": commit, "has_changes": bool(changes)}


def describe_data(data: Any) -> dict[str, Any]:
    """Return where data comes from, how much of it there is, and a hash of what is in it."""
    parts = {"train": data.data_train, "val": data.data_val, "test": data.data_test}
    return {
        "source": data.source,
        "is_stand_in": data.is_stand_in,
        "sizes": {name: len(part) for name, part in parts.items() if isinstance(part, Sized)},
        "hash": hash_of(data.data_val),
    }


def hash_of(dataset: Any) -> str | None:
    """Return a hash of some examples, evenly spread: the same for the same data on any machine.

    Validation examples are the same each time they are taken, so the hash needs no files, and tells any two sets apart
    that do not share those examples. No random number of the training is used up.
    """
    if not isinstance(dataset, Sized) or len(dataset) == 0:
        return None
    digest = hashlib.sha256(str(len(dataset)).encode())
    with torch.random.fork_rng(devices=[]):
        for i in range(min(NUM_HASHED, len(dataset))):
            for part in dataset[i * len(dataset) // min(NUM_HASHED, len(dataset))]:  # type: ignore[index]
                digest.update(torch.as_tensor(part).contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def count_parameters(module: torch.nn.Module) -> dict[str, int]:
    """Return the number of parameters, of all and of those that are trained."""
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in module.parameters()]
    return {"all": sum(size for size, _ in sizes), "trained": sum(size for size, trained in sizes if trained)}
