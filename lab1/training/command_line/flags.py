"""Reads a command line: first which classes it names, then the flags of those classes."""

import argparse
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytorch_lightning as pl
import yaml

from text_recognizer import data, models
from text_recognizer.lit_models import LIT_MODELS
from text_recognizer.models.base import Model
from text_recognizer.util import UserError
from training.command_line.errors import FlagParser
from training.command_line.signatures import add_flags


@dataclass
class Experiment:
    """Settings of the run itself.

    Parameters
    ----------
    data_class
        Name of a data module in text_recognizer.data.
    model_class
        Name of a model in text_recognizer.models.
    loss
        Name of a loss in text_recognizer.lit_models.LIT_MODELS.
    seed
        Seed of all random numbers.
    patience
        Stop after this many validations without a lower val_loss; 0 never stops early.
    """

    data_class: str = "MNIST"
    model_class: str = "MLP"
    loss: str = "cross_entropy"
    seed: int = 42
    patience: int = 10


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
    owners: list[type] = [Experiment, *chosen.values(), pl.Trainer]
    for cls in owners:
        add_flags(parser, cls)
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
    argv = _config_first(argv)
    chosen = choose_classes(argv)
    parser = build_parser(chosen)
    values = parser.parse_args(argv)
    values.config = None
    config_yaml = parser.dump(values, skip_unset=False)
    return Namespace(**vars(parser.instantiate(values)), classes=chosen, config_yaml=config_yaml)


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
