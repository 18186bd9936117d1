"""Searches for good values of flags, as a sweep file of Weights & Biases says, with no account.

    python training/sweep.py training/sweeps/emnist_lines2_line_cnn_transformer.yml --num_trials=20
    python training/sweep.py training/sweep_emnist_resnet.yml --engine=ray --num_trials=20    # on all GPUs and machines
    python training/sweep.py FILE --num_trials=12 --max_epochs=3                # other flags of run_experiment.py

Type the same command again and a search that was killed goes on. The engines are extras:
python -m pip install -r requirements/extras.txt.
"""

import importlib
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from text_recognizer.util import UserError
from training.command_line.flags import parse
from training.command_line.settings import one_line_errors, parse_beside_run
from training.run_experiment import LOG_DIRNAME
from training.search.sweep_file import SweepFile, read_sweep

SEARCHES_DIRNAME = LOG_DIRNAME / "sweeps"
PACKAGES = {"optuna": "optuna", "ray": "ray[tune]"}


@dataclass
class Search:
    """How to search.

    Parameters
    ----------
    engine
        What draws the values: optuna trains in this process, ray on all processors, GPUs and machines of a cluster.
    num_trials
        Number of trainings in all, including those before a search was killed.
    storage
        The file (optuna) or directory (ray) of the search; one below training/logs/sweeps if null.
    search_seed
        Seed of the values that are drawn; each training has its own --seed.
    population
        Ray only: population-based training of lr with this many members, instead of the file's method; 0 is off.
    num_cpus
        Ray only: processors for each training.
    num_gpus
        Ray only: GPUs for each training; 0.5 puts two on one.
    """

    engine: Literal["optuna", "ray"] = "optuna"
    num_trials: int = 20
    storage: str | None = None
    search_seed: int = 42
    population: int = 0
    num_cpus: float = 1
    num_gpus: float = 0

    def __post_init__(self) -> None:
        if self.num_trials < 1:
            raise UserError(f"--num_trials={self.num_trials}: expected 1 or more")
        if self.population and (self.engine != "ray" or self.population < 2):
            raise UserError(f"--population={self.population} --engine={self.engine}: expected 2 or more, with ray")


def parse_command(argv: Sequence[str]) -> tuple[SweepFile, Search, list[str]]:
    """Return the sweep file, how to search, and the flags of run_experiment.py for all trainings."""
    files = [word for word in argv if not word.startswith("-")][:1]
    if not files and not {"--help", "-h"} & {*argv}:
        raise UserError("expected a sweep file first, such as training/sweeps/emnist_lines2_line_cnn_transformer.yml")
    rest = list(argv)
    sweep = read_sweep(files[0]) if files else None
    if files:
        rest.remove(files[0])
    search, flags = parse_beside_run(Search, __doc__, rest, lambda _: sweep.flags({}) if sweep else ())
    assert sweep is not None
    flags = [*flags, *([] if any(flag.startswith("--tags") for flag in flags) else [f"--tags={sweep.name}"])]
    check(sweep, files[0], flags)
    return sweep, search, flags


def check(sweep: SweepFile, filename: str, flags: Sequence[str]) -> None:
    """Check each flag of the file with the parser of run_experiment.py, with the lowest and highest value."""
    for one in sweep.parameters:
        for value in one.values or (one.low, one.high):
            try:
                parse([*sweep.flags({one.name: int(value) if one.is_whole else value}), *flags])
            except UserError as error:
                raise UserError(f"{filename}: {error}") from None


def search(sweep: SweepFile, settings: Search, flags: Sequence[str]) -> Any:
    """Search, and print what was found."""
    engine = import_engine(settings.engine)
    ending = ".db" if settings.engine == "optuna" else ""
    place = Path(settings.storage or SEARCHES_DIRNAME / f"{sweep.name}{ending}").resolve()
    if settings.engine == "ray":
        return engine.search(sweep, place, settings, flags)
    study = engine.search(sweep, place, settings.num_trials, settings.search_seed, flags)
    pictures = importlib.import_module("training.search.pictures").draw(study, place, sweep.metric)
    print(f"{engine.num_done(study)} trials, in {place}")
    if study.best_trials:
        best = study.best_trial
        print(f"The best, trial {best.number}, has {sweep.metric} {best.value:.4g}:")
        print(shlex.join(["python", "training/run_experiment.py", *sweep.flags(best.params), *flags]))
    print("Pictures: " + (", ".join(map(str, pictures)) or "none, because no training ended"))
    return study


def import_engine(name: str) -> Any:
    """Import an engine, which is an extra."""
    try:
        return importlib.import_module(f"training.search.{name}_engine")
    except ImportError as error:
        cure = f"python -m pip install '{PACKAGES[name]}'"
        raise UserError(f"--engine={name}: not installed ({error}). Type: {cure}") from None


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    with one_line_errors():
        search(*parse_command(sys.argv[1:] if argv is None else argv))


if __name__ == "__main__":
    main()
