"""Reads a command line: first which classes it names, then the flags of those classes, as `signatures` derives them."""

import argparse
from argparse import Namespace
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Any

import pytorch_lightning as pl
import yaml
from jsonargparse import ArgumentParser

from text_recognizer import data, models
from text_recognizer.lit_models import LIT_MODELS
from text_recognizer.models.base import Model
from text_recognizer.util import UserError
from training.callbacks import CALLBACKS
from training.command_line.errors import FlagParser, did_you_mean
from training.command_line.experiment import Experiment
from training.command_line.older_spellings import translate
from training.command_line.signatures import add_flags, flags_of
from training.command_line.signatures import build as build
from training.command_line.signatures import values_for as values_for


def classes_of(module: ModuleType, base: type) -> dict[str, type]:
    """Return the subclasses of `base` that a package exports, by name."""
    exported = {name: getattr(module, name) for name in module.__all__}
    return {name: cls for name, cls in exported.items() if issubclass(cls, base) and cls is not base}


DATA_CLASSES = classes_of(data, data.BaseDataModule)
MODEL_CLASSES = classes_of(models, Model)
CHOICES: dict[str, dict[str, type]] = {
    "data_class": DATA_CLASSES,
    "model_class": MODEL_CLASSES,
    "loss": dict(LIT_MODELS),
}


class RunParser(FlagParser):
    """A parser of the flags of a run: those of the classes that were chosen, the run's and the Trainer's."""

    def unknown_flag(self, flag: str) -> str:
        """Return the message about an unknown flag, which may belong to a class that was not chosen."""
        name, near = flag.lstrip("-").split("=")[0], self.near(flag)
        owners = [cls.__name__ for classes in CHOICES.values() for cls in classes.values() if name in flags_of(cls)]
        if near and not owners:
            return did_you_mean(flag, near)
        owned = f" It is a flag of {', '.join(owners)}, which this command does not choose." if owners else ""
        trainers = set(flags_of(pl.Trainer))
        ours = " ".join(f"--{other}" for other in self.names if other not in trainers and "." not in other)
        return (
            f"{flag}: no such flag here.{owned} Expected one of {ours}, or a flag of Lightning's Trainer (see --help)"
        )


def check_owners(owners: dict[str, Iterable[type]]) -> None:
    """Check that each flag has one owner, so that one name never means two things."""
    owner_of: dict[str, str] = {}
    for owner, classes in owners.items():
        for name in sorted({name for cls in classes for name in flags_of(cls)}):
            if name in owner_of:
                raise ValueError(f"--{name} belongs to {owner_of[name]} and to {owner}: rename the parameter in one")
            owner_of[name] = owner


check_owners(
    {
        "a data class": DATA_CLASSES.values(),
        "a model class": MODEL_CLASSES.values(),
        "a lit model": LIT_MODELS.values(),
        "the run": [Experiment],
        "a callback": CALLBACKS,
        "the Trainer": [pl.Trainer],
    }
)


def choose_classes(argv: Sequence[str]) -> dict[str, type]:
    """Find the data, model and lit model classes that the command line or its YAML file names.

    This looks for their names alone: which other flags there are depends on the classes.
    """
    names = {key: getattr(Experiment, key) for key in CHOICES}
    parser = argparse.ArgumentParser(allow_abbrev=False, add_help=False, exit_on_error=False)
    parser.add_argument("--config", action="append", default=[])
    for key in CHOICES:
        parser.add_argument(f"--{key}")
    try:
        given, _ = parser.parse_known_args(argv)
    except argparse.ArgumentError as error:
        raise UserError(f"{error.argument_name}: {error.message}") from None
    for filename in given.config:
        names |= {key: value for key, value in _read_yaml(filename).items() if key in CHOICES}
    names |= {key: getattr(given, key) for key in CHOICES if getattr(given, key) is not None}
    for key, name in names.items():
        if name not in CHOICES[key]:
            raise UserError(f"--{key}={name}: expected one of {', '.join(sorted(CHOICES[key]))}")
    return {key: CHOICES[key][name] for key, name in names.items()}


def _read_yaml(filename: str) -> dict[str, Any]:
    try:
        with open(filename, encoding="utf-8") as file:
            content = yaml.safe_load(file)
    except OSError as error:
        raise UserError(f"--config={filename}: {error.strerror}. Expected a YAML file of flags") from None
    except yaml.YAMLError as error:
        raise UserError(f"--config={filename}: not YAML ({' '.join(str(error).split())})") from None
    if not isinstance(content, dict):
        raise UserError(f"--config={filename}: expected lines such as 'batch_size: 64', got {content!r}")
    return content


def build_parser(chosen: dict[str, type]) -> RunParser:
    """Return the parser for a choice of classes: their flags, the run's and the Trainer's."""
    parser = RunParser(
        allow_abbrev=False,
        usage="python %(prog)s [--flag=value ...]",
        description="Train a model on data and test it. "
        + " ".join(f"--{key}: {', '.join(sorted(classes))}." for key, classes in CHOICES.items())
        + " The flags below are those of the classes chosen on this command line.",
    )
    parser.add_argument("--config", action="config", help="A YAML file of these same names; flags override it.")
    owners: list[type] = [Experiment, *CALLBACKS, *chosen.values(), pl.Trainer]
    for cls in owners:
        add_flags(parser, cls)
    let_switches_stand_alone(parser)
    return parser


def parse(argv: Sequence[str]) -> Namespace:
    """Turn a command line into flat values.

    Returns
    -------
    Namespace
        One attribute a flag; `classes`, the chosen classes by kind; `config_yaml`, the text of a file that gives the
        same run with --config.

    Raises
    ------
    UserError
        For an unknown class, flag or value.
    """
    argv = _config_first(translate(argv))
    chosen = choose_classes(argv)
    parser = build_parser(chosen)
    values = parser.parse_args(argv)
    values.config = None
    config_yaml = parser.dump(values, skip_unset=False)
    return Namespace(**vars(parser.instantiate(values)), classes=chosen, config_yaml=config_yaml)


def let_switches_stand_alone(parser: ArgumentParser) -> None:
    """Read `--flag` as `--flag=true` where the flag is true or false."""
    for action in parser._actions:
        if getattr(action, "_typehint", None) in (bool, bool | None):
            action.nargs, action.const = "?", "true"


def _config_first(argv: Sequence[str]) -> list[str]:
    """Move --config to the front: what is typed always wins over what a file says."""
    argv = list(argv)
    front: list[str] = []
    rest: list[str] = []
    while argv:
        token = argv.pop(0)
        if token == "--config" and argv:
            front += [token, argv.pop(0)]
        else:
            (front if token.startswith("--config=") else rest).append(token)
    return front + rest
