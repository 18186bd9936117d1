"""Searches with Ray Tune: trainings side by side on the processors, GPUs and machines of a Ray cluster.

Population-based training (Jaderberg et al., "Population Based Training of Neural Networks", 2017) is Ray's scheduler:
after some epochs the worst members of a population go on with the weights of the best, at another learning rate.
"""

import json
import os
import shlex
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import ray
import yaml
from ray import tune
from ray.tune.schedulers import ASHAScheduler, PopulationBasedTraining, TrialScheduler
from ray.tune.search import BasicVariantGenerator, SearchAlgorithm, Searcher

from text_recognizer.util import UserError, write_atomically
from training.search.sweep_file import Parameter, SweepFile, grid_of
from training.search.trial import best_of, train

LAB_DIRNAME = Path(__file__).resolve().parents[2]
CHECKPOINT_NAME = "last.ckpt"
SCHEDULE_NAME = "schedule.yaml"
MODES = {"minimize": "min", "maximize": "max"}
PERTURB_EVERY = 1  # epochs between two looks at a population
FACTORS = (0.8, 1.25)  # by which a learning rate changes


def search(sweep: SweepFile, place: Path, settings: Any, flags: Sequence[str]) -> tune.ResultGrid:
    """Search; go on with the search that is in a directory.

    Parameters
    ----------
    sweep
        What to vary.
    place
        The directory of the search.
    settings
        The flags of training/sweep.py.
    flags
        Flags of run_experiment.py for all trials.
    """
    if settings.population:
        check_population(sweep)
    start_ray()
    trainable = tune.with_resources(
        tune.with_parameters(run_trial, sweep=sweep, flags=list(flags)),
        {"cpu": settings.num_cpus, "gpu": settings.num_gpus},
    )
    if tune.Tuner.can_restore(str(place)):
        print(f"{place} holds a search already: going on with it")
        tuner = tune.Tuner.restore(str(place), trainable, resume_unfinished=True, restart_errored=True)
    else:
        tuner = tune.Tuner(
            trainable,
            param_space=space_of(sweep),
            tune_config=config_of(sweep, settings),
            run_config=tune.RunConfig(name=place.name, storage_path=str(place.parent), verbose=1),
        )
    results = tuner.fit()
    report(results, sweep, flags, place if settings.population else None)
    return results


def start_ray() -> None:
    """Join the cluster that RAY_ADDRESS names, or begin one on this machine; its workers find this lab's code."""
    if not ray.is_initialized():
        paths = [str(LAB_DIRNAME), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {"env_vars": {"PYTHONPATH": os.pathsep.join(paths)}}
        own: dict[str, Any] = {} if os.environ.get("RAY_ADDRESS") else {"address": "local", "include_dashboard": False}
        try:
            ray.init(runtime_env=environment, log_to_driver=False, **own)
        except ConnectionError as error:
            raise UserError(
                f"RAY_ADDRESS={os.environ.get('RAY_ADDRESS')}: no Ray there ({str(error).splitlines()[0]}). Type: "
                "ray start --head, or unset RAY_ADDRESS"
            ) from None


def check_population(sweep: SweepFile) -> None:
    """Refuse to give weights from one member to another where their networks may differ."""
    others = [one.name for one in sweep.varied if one.name != "lr"]
    if others or "lr" not in [one.name for one in sweep.varied]:
        raise UserError(
            f"--population: {sweep.name} varies {', '.join(others) or 'nothing'}: expected lr alone, with min and max, "
            "for members of a population take over each other's weights"
        )


def space_of(sweep: SweepFile) -> dict[str, Any]:
    """Return Ray's search space."""
    if sweep.method == "grid":
        return {name: tune.grid_search(values) for name, values in grid_of(sweep).items()}
    return {one.name: domain_of(one) for one in sweep.varied}


def domain_of(one: Parameter) -> Any:
    """Return from what Ray draws a value."""
    if one.values:
        return tune.choice(list(one.values))
    if one.is_whole:
        return tune.qrandint(int(one.low), int(one.high), int(one.step or 1))
    if one.step:
        return tune.quniform(one.low, one.high, one.step)
    return (tune.loguniform if one.is_log else tune.uniform)(one.low, one.high)


def config_of(sweep: SweepFile, settings: Any) -> tune.TuneConfig:
    """Return how Ray searches."""
    num = 1 if sweep.method == "grid" else settings.population or settings.num_trials
    scheduler = scheduler_of(sweep, settings)
    return tune.TuneConfig(
        metric=sweep.metric,
        mode=MODES[sweep.goal],
        num_samples=num,
        search_alg=algorithm_of(sweep, settings),
        scheduler=scheduler,
        reuse_actors=True,  # a new process would import PyTorch anew each time that weights are handed over
    )


def algorithm_of(sweep: SweepFile, settings: Any) -> SearchAlgorithm | Searcher:
    """Return what chooses the values; its draws repeat with --search_seed."""
    if sweep.method == "bayes" and not settings.population:
        from ray.tune.search.optuna import OptunaSearch

        return OptunaSearch(seed=settings.search_seed)
    return BasicVariantGenerator(random_state=settings.search_seed)


def scheduler_of(sweep: SweepFile, settings: Any) -> TrialScheduler | None:
    """Return Ray's scheduler: it stops bad trials early, or trains a population that copies its best members."""
    if settings.population:
        (rate,) = sweep.varied
        return PopulationBasedTraining(
            time_attr="training_iteration",
            perturbation_interval=PERTURB_EVERY,
            hyperparam_mutations={"lr": domain_of(rate)},
            custom_explore_fn=lambda config: config | {"lr": min(max(config["lr"], rate.low), rate.high)},
            perturbation_factors=FACTORS,
            quantile_fraction=0.25,
            resample_probability=0.25,
            synch=True,
        )
    if sweep.min_iter:
        return ASHAScheduler(grace_period=sweep.min_iter, reduction_factor=sweep.eta, max_t=10_000)
    return None


def run_trial(chosen: dict[str, Any], sweep: SweepFile, flags: Sequence[str]) -> None:
    """Train with values that Ray chose; go on with the weights that it gives."""
    os.chdir(LAB_DIRNAME)  # where sweep files and flags expect to be
    start = tune.get_checkpoint()
    words = [*sweep.flags(chosen), *flags]

    def tell(epoch: int, value: float, trainer: pl.Trainer) -> None:
        with tempfile.TemporaryDirectory() as dirname:
            trainer.save_checkpoint(Path(dirname) / CHECKPOINT_NAME)
            tune.report({sweep.metric: value}, checkpoint=tune.Checkpoint.from_directory(dirname))

    if start is None:
        train(words, sweep.metric, tell)
        return
    with start.as_directory() as dirname:
        resume = f"--resume={Path(dirname) / CHECKPOINT_NAME}"
        rate = [f"--set_lr={chosen['lr']}"] if "lr" in chosen else []
        train([*words, resume, *rate], sweep.metric, tell)


def report(results: tune.ResultGrid, sweep: SweepFile, flags: Sequence[str], population: Path | None) -> None:
    """Print what was found; of a population, save the schedule that its best member went through."""
    failed = [str(error).strip().splitlines()[-1] for error in results.errors]
    for line in dict.fromkeys(failed):
        print(f"failed: {line}")
    if len(failed) == len(results):
        raise UserError(f"all {len(results)} trainings failed: {failed[0] if failed else 'none began'}")
    best = results.get_best_result(scope="last" if population else "all")
    # Not of `metrics_dataframe`: a member that took over weights may have none.
    reported = [best.metrics] if population else [metrics for _, metrics in best.best_checkpoints]
    value = best_of([metrics[sweep.metric] for metrics in reported], sweep.goal)
    print(f"{len(results)} trials. The best has {sweep.metric} {value:.4g}:")
    words = sweep.flags(best.config)
    if population:
        schedule = population / SCHEDULE_NAME
        first = write_schedule(best, population, schedule)
        words = [*sweep.flags({"lr": first}), f"--lr_schedule={schedule}"]
    print(shlex.join(["python", "training/run_experiment.py", *words, *flags]))


def write_schedule(best: Any, place: Path, filename: Path) -> float:
    """Write the learning rates that the best member and those before it went through; return the first one.

    Ray notes each change in pbt_policy_<trial>.txt, those of the member whose weights were taken over among them.
    """
    trial_id = best.metrics["trial_id"]
    steps = read_policy(next(place.rglob(f"pbt_policy_{trial_id}.txt"), None))
    first = steps[0][1] if steps else best.config["lr"]
    schedule = {0: first} | {epoch: rate for epoch, _, rate in steps}
    with write_atomically(filename) as file:
        file.write(b"# Learning rate from an epoch on, the first one 0: run_experiment.py --lr_schedule=THIS_FILE\n")
        file.write(yaml.safe_dump(schedule).encode())
    print(f"The schedule of the best member: {filename}")
    return first


def read_policy(filename: Path | None) -> list[tuple[int, float, float]]:
    """Return of each change in a lineage the epoch, and the learning rates before and after it.

    As Ray's own replay does, from the end to the start: a change of another lineage was overwritten.
    """
    rows = [] if filename is None else [json.loads(line) for line in filename.read_text().splitlines()]
    steps: list[tuple[int, float, float]] = []
    last = None
    for old_tag, new_tag, _, epoch, old, new in reversed(rows):
        if last is not None and old_tag != last:
            break
        last = new_tag
        steps.insert(0, (epoch, old["lr"], new["lr"]))
    return steps
