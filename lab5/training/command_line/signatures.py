"""Turns a signature into flags: each parameter of a constructor is a flag of the same name, with the same default.

So a default is written once, in the constructor. The library jsonargparse makes a flag, a line of --help and a key of a
YAML file out of it; the text of --help is that of the docstring.
"""

import inspect
from argparse import Namespace
from typing import Any

from jsonargparse import ArgumentParser

from text_recognizer.util import UserError

NOT_FLAGS = {"data_config", "model"}  # arguments that the code passes, not the user


def add_flags(parser: ArgumentParser, cls: type) -> list[str]:
    """Add the parameters of a class to the parser; return their names."""
    taken = inspect.signature(cls).parameters.keys()
    return parser.add_class_arguments(cls, None, skip=NOT_FLAGS & taken)


def flags_of(cls: type) -> list[str]:
    """Return the names of the flags that a class owns."""
    return add_flags(ArgumentParser(), cls)


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
