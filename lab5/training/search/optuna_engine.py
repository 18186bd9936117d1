"""Searches with Optuna, in this process; what was found is in an SQLite file after each epoch."""

import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
import pytorch_lightning as pl
from optuna.trial import TrialState
from sqlalchemy.exc import SQLAlchemyError

from text_recognizer.util import UserError
from training.runs.index import is_alive
from training.search.sweep_file import Parameter, SweepFile, grid_of
from training.search.trial import best_of, train

LOCK_SECONDS = 10  # as long as another process may hold the file
DONE = (TrialState.COMPLETE, TrialState.PRUNED)


@contextmanager
def readable_errors(filename: Path) -> Iterator[None]:
    """Say in one line that the file of a search cannot be used."""
    try:
        yield
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        raise UserError(
            f"--storage={filename}: {reason}. Wait for the process that uses it, or begin another search: "
            f"--storage={filename.with_name('other.db')}"
        ) from None


def search(sweep: SweepFile, filename: Path, num_trials: int, seed: int, flags: Sequence[str]) -> optuna.Study:
    """Train until a study has this many finished trials; continue the study if the file exists.

    Parameters
    ----------
    sweep
        The sweep file's content.
    filename
        The SQLite file; it is created if it does not exist.
    num_trials
        Number of trials in all; those that were killed do not count, and are repeated.
    seed
        Seed of the random numbers.
    flags
        Flags of run_experiment.py for all trials.
    """
    filename.parent.mkdir(parents=True, exist_ok=True)
    with readable_errors(filename):
        study = open_study(sweep, filename, seed)
        retry_killed(study)
        while (num := num_done(study)) < num_trials:
            print(f"Trial {num + 1} of {num_trials}", flush=True)
            try:
                study.optimize(lambda trial: run_trial(trial, sweep, flags), n_trials=1, catch=(UserError,))
            except StopIteration:
                break
            if sweep.method == "grid" and is_exhausted(study):
                break
    return study


def open_study(sweep: SweepFile, filename: Path, seed: int) -> optuna.Study:
    """Return the study in a file, a new one if there is none."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = optuna.storages.RDBStorage(
        f"sqlite:///{filename}", engine_kwargs={"connect_args": {"timeout": LOCK_SECONDS}}
    )
    study = optuna.create_study(
        storage=storage, study_name=sweep.name, direction=sweep.goal, load_if_exists=True, pruner=pruner_of(sweep)
    )
    # From its seed a sampler would begin anew with the values that it drew before the search was killed.
    study.sampler = sampler_of(sweep, seed + len(study.get_trials(deepcopy=False)))
    if study.trials:
        print(f"{filename} has {num_done(study)} trials already: going on with them")
    return study


def sampler_of(sweep: SweepFile, seed: int) -> optuna.samplers.BaseSampler:
    """Return what draws the values."""
    if sweep.method == "grid":
        return optuna.samplers.GridSampler(grid_of(sweep), seed=seed)
    if sweep.method == "bayes":
        return optuna.samplers.TPESampler(seed=seed)
    return optuna.samplers.RandomSampler(seed=seed)


def pruner_of(sweep: SweepFile) -> optuna.pruners.BasePruner:
    """Return Optuna's pruner, which stops bad trials early: successive halving, Hyperband with one bracket (ASHA)."""
    if not sweep.min_iter:
        return optuna.pruners.NopPruner()
    return optuna.pruners.SuccessiveHalvingPruner(min_resource=sweep.min_iter, reduction_factor=sweep.eta)


def num_done(study: optuna.Study) -> int:
    """Return the number of trials that ended or were stopped early."""
    return len(study.get_trials(deepcopy=False, states=DONE))


def retry_killed(study: optuna.Study) -> None:
    """Queue the trials of dead processes again."""
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        host, process = trial.user_attrs.get("process", [platform.node(), 0])
        if host == platform.node() and (process == 0 or not is_alive(process)):
            study.tell(trial.number, state=TrialState.FAIL)
            if trial.params:
                study.enqueue_trial(trial.params)
            print(f"Trial {trial.number} was killed: it is tried again")


def is_exhausted(study: optuna.Study) -> bool:
    """Tell whether a grid has been tried whole."""
    return study.sampler.is_exhausted(study)


def run_trial(trial: optuna.Trial, sweep: SweepFile, flags: Sequence[str]) -> float:
    """Train with values that the study draws; return the best value of the metric."""
    trial.set_user_attr("process", [platform.node(), os.getpid()])
    chosen = {one.name: suggest(trial, one) for one in sweep.varied}
    print("  " + ", ".join(f"{name}={value}" for name, value in chosen.items()), flush=True)

    def tell(epoch: int, value: float, trainer: pl.Trainer) -> None:
        trial.report(value, epoch)
        if trial.should_prune():
            print(f"  stopped early after epoch {epoch}, {sweep.metric} {value:.4g}", flush=True)
            raise optuna.TrialPruned

    try:
        values = train([*sweep.flags(chosen), *flags], sweep.metric, tell)
    except UserError as error:  # values that do not fit together, or a loss that is not a number
        print(f"  failed: {error}")
        raise
    print(f"  {sweep.metric} {best_of(values, sweep.goal):.4g}", flush=True)
    return best_of(values, sweep.goal)


def suggest(trial: optuna.Trial, one: Parameter) -> Any:
    """Draw a value."""
    if one.values:
        return trial.suggest_categorical(one.name, one.values)
    if one.is_whole:
        return trial.suggest_int(one.name, int(one.low), int(one.high), step=int(one.step or 1), log=one.is_log)
    return trial.suggest_float(one.name, one.low, one.high, step=one.step, log=one.is_log)
