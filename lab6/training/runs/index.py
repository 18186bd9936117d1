"""The local index of runs: the settings and the result of each training on this machine.

It has no file of its own that could go out of step: each run's directory tells of itself (config.yaml, metrics.csv and
run.json), and whoever deletes or copies a directory takes the run out of the index or into it.
"""

import json
import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.callbacks.run_record import NAME, RUNNING, TESTED, TRAINED
from training.runs.local import LASTING, LocalRun, Mode, best_value, local_runs


@dataclass(frozen=True)
class Entry:
    """A run of the index; `record` is what run.json says, nothing for runs from before there was one."""

    run: LocalRun
    record: dict[str, Any]

    @property
    def name(self) -> str:
        """Its directory below the logs, with STAND-IN where its data is one."""
        return self.run.name

    @property
    def status(self) -> str:
        """How far it came: running, killed, stopped, trained or tested."""
        status = self.record.get("status")
        if status is None:
            return TESTED if any(name.startswith(LASTING) for name in self.run.values) else TRAINED
        machine = self.record["machine"]
        gone = machine["host"] == platform.node() and not is_alive(machine["process"])
        return "killed" if status == RUNNING and gone else status

    @property
    def tags(self) -> list[str]:
        """The words of --tags."""
        return self.record.get("tags", [])

    @property
    def commit(self) -> str:
        """The commit of the code, with a + where files differed from it."""
        git = self.record.get("git") or {}
        return git.get("commit", "")[:8] + "+" * git.get("has_changes", False)

    @property
    def data_hash(self) -> str:
        """What tells its data from other data."""
        return self.record.get("data", {}).get("hash") or ""

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return self.record.get("seconds")

    @property
    def best_checkpoint(self) -> Path | None:
        """The weights with the lowest val_loss, if they are still there."""
        return self.run.kept[0][2] if self.run.kept else None

    @property
    def speed(self) -> float | None:
        """Training examples a second, of the last epoch."""
        return self.last("train_examples_per_second")

    def last(self, metric: str) -> float | None:
        """Return the last value of a metric."""
        values = self.run.values.get(metric)
        return values[-1] if values else None

    def best(self, metric: str, mode: Mode) -> float | None:
        """Return the best value of a metric in any epoch."""
        return best_value(self.run, metric, mode) if self.run.values.get(metric) else None

    def curve(self, metric: str) -> list[tuple[float, float]]:
        """Return the steps at which a metric was measured, with its values."""
        return [(row["step"], row[metric]) for row in self.run.rows if metric in row and "step" in row]


def is_alive(process: int) -> bool:
    """Tell whether a process of this machine is running."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True


def read_index(log_dirname: Path) -> list[Entry]:
    """Return all runs below a directory of logs, the newest last."""
    entries = [Entry(run, read_record(run.dirname / NAME)) for run in local_runs(log_dirname)]
    return sorted(entries, key=lambda entry: (entry.run.dirname / "config.yaml").stat().st_mtime)


def read_record(filename: Path) -> dict[str, Any]:
    """Read a run.json; one that is missing or damaged says nothing."""
    try:
        record = json.loads(filename.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}
