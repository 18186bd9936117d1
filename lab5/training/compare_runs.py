"""Lists, filters and compares the trainings on this machine, in the terminal and on a page with their curves.

    python training/compare_runs.py                                   # all runs, the best last
    python training/compare_runs.py --where=data_class=IAMLines,lr=0.001 --metric=val_cer
    python training/compare_runs.py --tag=night --html=runs.html      # a page to look at, in one file
    python training/compare_runs.py version_3 version_7               # the flags in which two runs differ

It needs no account and no network: each run tells of itself in its directory below training/logs.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rich.console import Console
from rich.table import Table

from text_recognizer.util import UserError, write_atomically
from training.command_line.settings import run_command
from training.run_experiment import LOG_DIRNAME
from training.runs.index import Entry, read_index
from training.runs.local import Mode
from training.runs.run_page import run_page

PLACES = ("config", "default_root_dir", "load_checkpoint", "resume", "tags")  # flags in which runs always differ
WIDTH = 160  # of a table that goes into a file or a pipe


@dataclass
class Comparison:
    """Which runs are compared, and how.

    Parameters
    ----------
    runs
        Ends of the names of runs, such as LineCNN_ctc/version_3; all runs if none is given.
    where
        Only runs with these flags, such as data_class=IAMLines,lr=0.001.
    tag
        Only runs with this tag.
    metric
        The best value of this metric orders the runs.
    mode
        Whether lower or higher values are better.
    newest
        Only this many of the newest runs; 0 takes all.
    log_dirname
        Where the logs are: training/logs if null.
    html
        Write a page with a table and curves to this file.
    """

    runs: list[str] = field(default_factory=list)
    where: str = ""
    tag: str | None = None
    metric: str = "val_loss"
    mode: Mode = "min"
    newest: int = 0
    log_dirname: str | None = None
    html: str | None = None

    def __post_init__(self) -> None:
        if self.newest < 0:
            raise UserError(f"--newest={self.newest}: expected 0 or more")


def compare(settings: Comparison) -> list[Entry]:
    """Print the runs and, where a page is wanted, write it; return the runs, the best last."""
    where = Path(settings.log_dirname or LOG_DIRNAME)
    entries = choose(read_index(where), settings, str(where))
    entries = in_order(entries, settings.metric, settings.mode)
    changed = flags_that_differ(entries)
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(table(entries, settings, changed))
    if settings.html:
        with write_atomically(Path(settings.html)) as file:
            file.write(run_page(entries, settings.metric, settings.mode, changed).encode())
        print(f"The page with the curves: {settings.html}")
    return entries


def choose(entries: Sequence[Entry], settings: Comparison, where: str) -> list[Entry]:
    """Return the runs that the settings ask for."""
    if not entries:
        raise UserError(f"{where} has no run yet: train first, or say with --log_dirname where the logs are")
    chosen = [named(entries, name) for name in settings.runs] or list(entries)
    for key, value in pairs_of(settings.where).items():
        known = {flag for entry in entries for flag in entry.run.flags}
        if key not in known:
            raise UserError(f"--where={settings.where}: no run has a flag {key}. Expected one of {', '.join(known)}")
        chosen = [entry for entry in chosen if str(entry.run.flags.get(key)) == value]
    if settings.tag:
        chosen = [entry for entry in chosen if settings.tag in entry.tags]
    measured = {name for entry in chosen for name, values in entry.run.values.items() if values}
    if not chosen:
        tags = sorted({tag for entry in entries for tag in entry.tags})
        raise UserError(f"no run in {where} matches --where and --tag. Existing tags: {', '.join(tags) or 'none'}")
    if settings.metric not in measured:
        names = ", ".join(sorted(measured)) or "none"
        raise UserError(f"--metric={settings.metric}: no such run has it. Expected one of {names}")
    return chosen[-settings.newest :] if settings.newest else chosen


def named(entries: Sequence[Entry], name: str) -> Entry:
    """Return the one run whose directory ends with a name."""
    parts = Path(name).parts
    found = [entry for entry in entries if entry.run.dirname.parts[-len(parts) :] == parts]
    if len(found) != 1:
        names = [f"{entry.run.dirname.parent.name}/{entry.run.dirname.name}" for entry in found or entries]
        raise UserError(f"{name}: {len(found)} runs are called so. Expected one of {', '.join(names[-8:])}")
    return found[0]


def pairs_of(text: str) -> dict[str, str]:
    """Split `a=1,b=2`."""
    words = [word for word in text.split(",") if word.strip()]
    for word in words:
        if "=" not in word:
            raise UserError(f"--where={text}: expected flags with values, such as data_class=IAMLines,lr=0.001")
    return {key.strip().lstrip("-"): value.strip() for key, _, value in (word.partition("=") for word in words)}


def in_order(entries: Sequence[Entry], metric: str, mode: Mode) -> list[Entry]:
    """Return the runs, the best last, where a terminal shows it; those without the metric come first."""
    sign = 1 if mode == "max" else -1

    def key(entry: Entry) -> tuple[bool, float]:
        value = entry.best(metric, mode)
        return value is not None, sign * (value or 0)

    return sorted(entries, key=key)


def flags_that_differ(entries: Sequence[Entry]) -> list[str]:
    """Return the flags that do not have the same value in all runs, and that all of them have."""
    if len(entries) < 2:
        return []
    names = [name for name in entries[0].run.flags if name not in PLACES]
    return [name for name in names if len({str(entry.run.flags.get(name)) for entry in entries}) > 1]


def table(entries: Sequence[Entry], settings: Comparison, changed: Sequence[str]) -> Table:
    """Return the table that the terminal shows."""
    result = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("run", "status"):
        result.add_column(name, overflow="fold")
    for name in (settings.metric, "epochs", "minutes", "examples/s"):
        result.add_column(name, justify="right")
    for name in ("commit", "data", *changed):
        result.add_column(name, overflow="fold")
    for entry in entries:
        numbers = (entry.best(settings.metric, settings.mode), entry.seconds and entry.seconds / 60, entry.speed)
        best, minutes, speed = ("" if number is None else f"{number:.4g}" for number in numbers)
        flags = (str(entry.run.flags.get(name, "")) for name in changed)
        result.add_row(
            entry.name, entry.status, best, str(entry.run.num_epochs), minutes, speed, entry.commit,
            entry.data_hash[:8], *flags,
        )  # fmt: skip
    return result


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(compare, Comparison, __doc__, argv, words="runs")


if __name__ == "__main__":
    main()
