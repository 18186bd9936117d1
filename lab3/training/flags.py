"""Command-line flags, derived from the signatures of the classes that own them.

A default is written once, in a constructor; jsonargparse turns it into a flag, a line of --help and a key of a YAML
file.
"""

import argparse
import difflib
import inspect
import re
from argparse import Namespace
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Any

import pytorch_lightning as pl
import yaml
from jsonargparse import ArgumentParser
from torch import nn

from text_recognizer import data, models
from text_recognizer.lit_models import LIT_MODELS
from text_recognizer.util import UserError
from training.callbacks import CALLBACKS
from training.experiment import Experiment
from training.older_spellings import translate

NOT_FLAGS = {"data_config", "model"}  # arguments that the code passes, not the user


def classes_of(module: ModuleType, base: type) -> dict[str, type]:
    """Return the subclasses of `base` that a package exports, by name."""
    exported = {name: getattr(module, name) for name in module.__all__}
    return {name: cls for name, cls in exported.items() if issubclass(cls, base) and cls is not base}


DATA_CLASSES = classes_of(data, data.BaseDataModule)
MODEL_CLASSES = classes_of(models, nn.Module)
CHOICES: dict[str, dict[str, type]] = {
    "data_class": DATA_CLASSES,
    "model_class": MODEL_CLASSES,
    "loss": dict(LIT_MODELS),
}


class FlagParser(ArgumentParser):
    """A parser whose errors are one line that says what would have been right."""

    def error(self, message: str, ex: Exception | None = None) -> Any:
        """Raise a UserError instead of printing pages of usage."""
        unknown = re.search(r"unrecognized arguments: (\S+)|Option '(\S+)' is not accepted", message)
        if unknown:
            message = self._unknown_flag(unknown[1] or unknown[2])
        raise UserError(_one_line(message)) from ex

    def _unknown_flag(self, flag: str) -> str:
        name = flag.lstrip("-").split("=")[0]
        names = [action.dest for action in self._actions if action.help != argparse.SUPPRESS]
        owners = [cls.__name__ for classes in CHOICES.values() for cls in classes.values() if name in flags_of(cls)]
        near = [other for other in names if other.startswith(name)] or difflib.get_close_matches(name, names)
        if near and not owners:
            return f"{flag}: no such flag. Did you mean {' or '.join(f'--{other}' for other in near)}?"
        owned = f" It is a flag of {', '.join(owners)}, which this command does not choose." if owners else ""
        trainers = set(flags_of(pl.Trainer))
        ours = " ".join(f"--{other}" for other in names if other not in trainers and "." not in other)
        return (
            f"{flag}: no such flag here.{owned} Expected one of {ours}, or a flag of Lightning's Trainer (see --help)"
        )


def _one_line(message: str) -> str:
    """Shorten jsonargparse's report of a bad value, which lists every type that it tried, to one line."""
    key = re.match(r'Parser key "(\S+)":', message)
    value = re.search(r"(?:Got value|Given value): (.*)", message)
    if not (key and value):
        return " ".join(message.split())
    wanted = re.findall(r"(?:Expected an? )(.*?)(?:\. Got value.*)?$", message, flags=re.MULTILINE)
    names = [re.sub(r"<class '(\w+)'>", r"\1", re.sub(r"typing\.Literal\[(.*)\]", r"\1", name)) for name in wanted]
    choices = " or ".join(dict.fromkeys(name for name in names if name != "NoneType"))
    return f"--{key[1]}={value[1]}: expected {choices or 'another value, see --help'}"


def add_flags(parser: ArgumentParser, cls: type) -> list[str]:
    """Add the parameters of a class to the parser; return their names."""
    taken = inspect.signature(cls).parameters.keys()
    return parser.add_class_arguments(cls, None, skip=NOT_FLAGS & taken)


def flags_of(cls: type) -> list[str]:
    """Return the names of the flags that a class owns."""
    return add_flags(ArgumentParser(), cls)


def check_owners(owners: dict[str, Iterable[type]]) -> None:
    """Make certain that each flag has one owner, so that one name never means two things."""
    owner_of: dict[str, str] = {}
    for owner, classes in owners.items():
        for name in {name for cls in classes for name in flags_of(cls)}:
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
    """Find the data, model and lit model classes that the command line or its YAML file names."""
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


def build_parser(chosen: dict[str, type]) -> FlagParser:
    """Return the parser for a choice of classes: their flags, the run's and the Trainer's."""
    parser = FlagParser(
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
    _let_switches_stand_alone(parser)
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


def values_for(cls: type, args: Namespace) -> dict[str, Any]:
    """Pick the values of the flags that a class owns."""
    return {name: getattr(args, name) for name in flags_of(cls)}


def build(cls: type, args: Namespace, *inputs: Any) -> Any:
    """Make an object of a class from `inputs` and the flags that the class owns.

    Raises
    ------
    UserError
        If its constructor refuses their values.
    """
    try:
        return cls(*inputs, **values_for(cls, args))
    except UserError:
        raise
    except (ValueError, TypeError, RuntimeError) as error:
        raise UserError(f"{cls.__name__} refuses these flags: {error}") from error


def _let_switches_stand_alone(parser: ArgumentParser) -> None:
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
