"""The commands that led to a trained model: its own, and those of the trainings whose weights it started from."""

import json
import shlex
from pathlib import Path
from typing import Any

import yaml

from text_recognizer.util import UserError
from training.command_line.flags import CHOICES, build_parser
from training.run_experiment import LOG_DIRNAME
from training.runs.trained_run import config_of

START_FLAGS = ("load_checkpoint", "resume")
PLACES = ("default_root_dir", "config")  # flags with paths of one machine, which do not affect the training
LOG_NAME = LOG_DIRNAME.name


def commands_of(flags: dict[str, Any]) -> list[str]:
    """Return the commands of a training and of those before it, in order of time.

    A training starts from another's weights by --load_checkpoint or --resume. If the flags of that other training are
    missing, the list begins after it, and the flag names its checkpoint.
    """
    commands = [command_of(flags)]
    seen = set[str]()
    while (start := next((flags[flag] for flag in START_FLAGS if flags.get(flag)), None)) and start not in seen:
        seen.add(start)
        try:
            flags = yaml.safe_load(config_of(Path(start), "--load_checkpoint").read_text(encoding="utf-8"))
        except UserError:
            break
        commands.insert(0, command_of(flags))
    return commands


def command_of(flags: dict[str, Any]) -> str:
    """Return the command that trains with these flags; flags with their default values are left out."""
    parser = build_parser({key: classes[flags[key]] for key, classes in CHOICES.items()})
    defaults = yaml.safe_load(parser.dump(parser.get_defaults(), skip_unset=False))
    changed = {
        key: portable(key, flags[key])
        for key in defaults
        if key in flags and key not in PLACES and (key in CHOICES or flags[key] != defaults[key])
    }
    words = [f"--{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in changed.items()]
    return shlex.join(["python", "training/run_experiment.py", *words])


def portable(key: str, value: Any) -> Any:
    """Return a flag's value without paths of this machine: a checkpoint by its path below the logs."""
    parts = Path(value).parts if key in START_FLAGS and isinstance(value, str) else ()
    if LOG_NAME not in parts:
        return value
    last = len(parts) - 1 - parts[::-1].index(LOG_NAME)
    return Path("training", *parts[last:]).as_posix()
