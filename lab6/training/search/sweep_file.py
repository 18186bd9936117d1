"""Reads a sweep file in the format of Weights & Biases: which flags to vary, and by which metric to compare the runs.

https://docs.wandb.ai/guides/sweeps/define-sweep-configuration describes the format.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from text_recognizer.util import UserError

METHODS = ("random", "grid", "bayes")
GOALS = ("minimize", "maximize")
DISTRIBUTIONS = ("constant", "categorical", "uniform", "int_uniform", "q_uniform", "log_uniform_values")
MACROS = ("${env}", "${interpreter}", "${program}", "${args}", "${args_no_boolean_flags}")
LEFT_OUT = ("--wandb",)  # this search needs no account; W&B's own agent does add it
NUM_LISTED = 12


@dataclass(frozen=True)
class Parameter:
    """A flag to vary: one of `values`, or a number between `low` and `high`, a multiple of `step` if there is one."""

    name: str
    values: tuple[Any, ...] = ()
    low: float = 0
    high: float = 0
    step: float | None = None
    is_log: bool = False
    is_whole: bool = False

    @property
    def first(self) -> Any:
        """A value that it may have."""
        return self.values[0] if self.values else self.low


@dataclass(frozen=True)
class SweepFile:
    """What a sweep file says.

    `fixed` are words of its command beside the macros, such as --config=base.yaml; `min_iter` and `eta` belong to
    Hyperband, `min_iter` is 0 if no run is stopped early.
    """

    name: str
    method: Literal["random", "grid", "bayes"]
    metric: str
    goal: Literal["minimize", "maximize"]
    parameters: tuple[Parameter, ...]
    fixed: tuple[str, ...] = ()
    min_iter: int = 0
    eta: int = 3

    @property
    def varied(self) -> list[Parameter]:
        """The parameters that have more than one value."""
        return [one for one in self.parameters if len(one.values) != 1]

    def flags(self, chosen: dict[str, Any]) -> list[str]:
        """Return flags of run_experiment.py, with the values that were chosen."""
        values = {one.name: one.first for one in self.parameters} | chosen
        return [*self.fixed, *(f"--{name}={'null' if value is None else value}" for name, value in values.items())]


def read_sweep(filename: str) -> SweepFile:
    """Read a sweep file.

    Raises
    ------
    UserError
        If it cannot be read, or is not a sweep file.
    """
    try:
        content = yaml.safe_load(Path(filename).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{filename}: {error.strerror}. Expected a sweep file, as those in training/sweeps") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{filename}: not YAML ({' '.join(str(error).split())})") from None
    if not isinstance(content, dict) or not isinstance(content.get("parameters"), dict):
        raise UserError(f"{filename}: expected 'parameters' with flags of run_experiment.py and their values")
    metric, early = content.get("metric") or {}, content.get("early_terminate") or {}
    if not isinstance(metric, dict) or not isinstance(early, dict):
        raise UserError(f"{filename}: expected 'metric' with a name and a goal, 'early_terminate' with a type")
    return SweepFile(
        name=Path(filename).stem,
        method=one_of(content.get("method", "random"), METHODS, f"{filename}: method"),  # type: ignore[arg-type]
        metric=str(metric.get("name", "val_loss")),
        goal=one_of(metric.get("goal", "minimize"), GOALS, f"{filename}: goal"),  # type: ignore[arg-type]
        parameters=tuple(read_parameter(str(name), how, filename) for name, how in content["parameters"].items()),
        fixed=tuple(fixed_words(content.get("command") or ())),
        min_iter=int(early.get("min_iter", 0)) if early else 0,
        eta=int(early.get("eta", 3)),
    )


def read_parameter(name: str, how: Any, filename: str) -> Parameter:
    """Read how one flag is varied."""
    place = f"{filename}: {name}"
    if not isinstance(how, dict):
        raise UserError(f"{place}: expected value, values, or min and max; got {how!r}")
    if "value" in how:
        return Parameter(name, (how["value"],))
    if "values" in how:
        if not isinstance(how["values"], list) or not how["values"]:
            raise UserError(f"{place}: values={how['values']!r}: expected a list, such as [1, 2]")
        return Parameter(name, tuple(how["values"]))
    try:
        low, high = how["min"], how["max"]
        is_whole = isinstance(low, int) and isinstance(high, int)
        is_ordered = low <= high
    except (KeyError, TypeError):
        raise UserError(f"{place}: expected value, values, or the numbers min and max") from None
    kind = one_of(how.get("distribution", "int_uniform" if is_whole else "uniform"), DISTRIBUTIONS, place)
    is_log = kind == "log_uniform_values"
    if not is_ordered or (is_log and low <= 0):
        raise UserError(f"{place}: min={low}, max={high}: expected min below max" + ", both above 0" * is_log)
    step = float(how.get("q", 1)) if kind == "q_uniform" else None
    whole = kind == "int_uniform" or (kind == "q_uniform" and is_whole and step == int(step or 0))
    return Parameter(name, (), low, high, step, is_log, whole)


def one_of(value: Any, choices: Sequence[str], place: str) -> str:
    """Return a value if it is one of the choices."""
    if value not in choices:
        raise UserError(f"{place}={value}: expected one of {', '.join(choices)}")
    return value


def fixed_words(command: Iterable[Any]) -> list[str]:
    """Return the flags that a sweep's command gives to each run."""
    words = [str(word) for word in command if str(word) not in MACROS]
    return [word for word in words if word.startswith("--") and word.split("=")[0] not in LEFT_OUT]


def grid_of(sweep: SweepFile) -> dict[str, list[Any]]:
    """Return all values of each parameter that is varied, for a grid.

    Raises
    ------
    UserError
        If one of them has no end of values.
    """
    grid: dict[str, list[Any]] = {}
    for one in sweep.varied:
        if not one.values and not one.is_whole:
            raise UserError(f"{sweep.name}: method=grid: {one.name} has no end of values: expected values=[…]")
        step = int(one.step or 1)
        grid[one.name] = list(one.values) or list(range(int(one.low), int(one.high) + 1, step))
    return grid


def is_better(value: float, other: float, sweep: SweepFile) -> bool:
    """Tell whether a value of the metric is better than another; NaN is worse than any number."""
    if math.isnan(other):
        return not math.isnan(value)
    return value < other if sweep.goal == "minimize" else value > other
