"""The trainings that run_experiment.py logged to Weights & Biases with --wandb."""

import importlib
import math
from pathlib import Path
from typing import Any

from text_recognizer.data.storage.stand_in import STAND_IN
from text_recognizer.util import UserError
from training.callbacks.wandb_run import PROJECT
from training.runs.local import Checkpoint

BEST = "best_"  # W&B's summary has the last value of each metric; with this prefix, the best val_loss

TIMEOUT_SECONDS = 20


class OnlineRun:
    """A run at Weights & Biases.

    Parameters
    ----------
    run
        The run object of W&B's package.
    """

    def __init__(self, run: Any) -> None:
        self.run = run
        self.name = "/".join(run.path)
        if STAND_IN in run.tags:
            self.name += f" ({STAND_IN})"
        self.flags: dict[str, Any] = dict(run.config)
        self.tags: list[str] = list(run.tags)
        numbers = {name: value for name, value in dict(run.summary).items() if _is_finite(value)}
        self.values = {name: [numbers.get(BEST + name, value)] for name, value in numbers.items()}
        self.num_epochs = 1 + int(numbers.get("epoch", -1))

    @property
    def has_weights(self) -> bool:
        """Whether it kept a best checkpoint; W&B is asked only once a run is chosen."""
        return True

    def best_checkpoint(self, dirname: Path) -> Checkpoint:
        """Download the run's model artifact that is marked as the best."""
        artifacts = [artifact for artifact in self.run.logged_artifacts() if artifact.type == "model"]
        best = [artifact for artifact in artifacts if "best" in artifact.aliases]
        if len(best) != 1:
            raise UserError(
                f"{self.name} is the best run, but has {len(best)} models marked as best: expected one. Train it again "
                "with --wandb, or delete the run at W&B to save another one"
            )
        best[0].download(root=str(dirname))
        filename = dirname / "model.ckpt"
        if not filename.is_file():
            raise UserError(f"{self.name}: expected model.ckpt in its artifact {best[0].name}")
        return Checkpoint(filename, {name: value for name, value in best[0].metadata.items() if _is_finite(value)})


def online_runs(entity: str | None, project: str | None) -> list[OnlineRun]:
    """Return the runs of a project at W&B, of the course's own project if none is named."""
    typed = " ".join(f"--{name}={value}" for name, value in (("entity", entity), ("project", project)) if value)
    path = f"{entity}/{project or PROJECT}" if entity else project or PROJECT
    try:
        wandb = importlib.import_module("wandb")
    except ImportError as error:
        raise UserError(f"{typed}: needs Weights & Biases ({error}). Type: python -m pip install wandb") from None
    try:
        return [OnlineRun(run) for run in wandb.Api(timeout=TIMEOUT_SECONDS).runs(path)]
    except Exception as error:  # no network, no key or no such project: a traceback would not help
        problem = (" ".join(str(error).split()) or type(error).__name__).split(". ")[0].rstrip(".")
        raise UserError(
            f"{typed}: W&B gives no runs of {path}: {problem}. Type: python -m wandb login; or leave out {typed} "
            "for the runs on this machine"
        ) from error


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
