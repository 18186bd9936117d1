"""Prints one command for each experiment of a YAML file.

    python training/prepare_experiments.py training/experiments.yaml
    python training/prepare_experiments.py training/experiments.yaml | parallel -j1      # train one after the other

The file has `experiments`, a list of flags of run_experiment.py; `base` holds those that all of them share; a flag with
a list in `each` is tried with every value.
"""

import itertools
import json
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import yaml

from text_recognizer.util import UserError
from training.command_line.flags import parse
from training.command_line.settings import run_command

EXPECTED = "Expected 'experiments' with a list of flags, as in training/experiments.yaml"


@dataclass
class Files:
    """What is prepared.

    Parameters
    ----------
    files
        YAML files of experiments.
    """

    files: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.files:
            raise UserError("expected a file, such as training/experiments.yaml")


def prepare(settings: Files) -> list[str]:
    """Print the commands of all experiments, each of which the parser has seen; return them."""
    commands = [command for filename in settings.files for command in commands_of(filename)]
    print("\n".join(commands))
    return commands


def commands_of(filename: str) -> Iterator[str]:
    """Return the commands of a file."""
    for number, flags in enumerate(experiments_of(filename), start=1):
        words = [f"--{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in flags.items()]
        try:
            parse(words)
        except UserError as error:
            raise UserError(f"{filename}: experiment {number}: {error}") from None
        yield shlex.join(["python", "training/run_experiment.py", *words])


def experiments_of(filename: str) -> list[dict[str, Any]]:
    """Return the flags of each experiment of a file."""
    try:
        content = yaml.safe_load(Path(filename).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{filename}: {error.strerror}. {EXPECTED}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{filename}: not YAML ({' '.join(str(error).split())}). {EXPECTED}") from None
    experiments = content.get("experiments") if isinstance(content, dict) else None
    if not isinstance(experiments, list) or not all(isinstance(one, dict) for one in experiments):
        raise UserError(f"{filename}: {EXPECTED}")
    base, each = content.get("base") or {}, content.get("each") or {}
    if not isinstance(base, dict) or not all(isinstance(values, list) for values in each.values()):
        raise UserError(f"{filename}: expected flags in 'base', and in 'each' flags with lists of values")
    grid = [dict(zip(each, values, strict=True)) for values in itertools.product(*each.values())]
    return [base | one | more for one in experiments for more in grid]


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(prepare, Files, __doc__, argv, words="files")


if __name__ == "__main__":
    main()
