"""Command lines of commands whose settings are a dataclass: flags, help, and errors of one line.

A command has a dataclass with a numpy-style docstring, a function that does the work, and

    def main(argv: list[str] | None = None) -> None:
        run_command(count, Counting, __doc__, argv)
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeVar

from jsonargparse import DefaultHelpFormatter
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from text_recognizer.util import UserError
from training.command_line.errors import FlagParser, did_you_mean
from training.command_line.flags import CHOICES, build_parser, choose_classes, let_switches_stand_alone
from training.command_line.older_spellings import OLDER_SPELLINGS
from training.command_line.signatures import flags_of

Settings = TypeVar("Settings")


@dataclass
class NoFlags:
    """The settings of a command that has none: it knows --help, and refuses all else."""


class HelpFormatter(argparse.RawDescriptionHelpFormatter, DefaultHelpFormatter):
    """Prints the description as it is written, with its examples."""


@contextmanager
def one_line_errors() -> Iterator[None]:
    """End the program with one line for a mistake of the user, and for a file that cannot be read or written."""
    try:
        yield
    except (UserError, MisconfigurationException) as error:
        sys.exit(f"error: {' '.join(str(error).split())}")
    except OSError as error:
        what = f"{error.filename}: cannot be read or written ({error.strerror})" if error.filename else error
        sys.exit(f"error: {what}")


def run_command(
    action: Callable[[Settings], object],
    settings: type[Settings],
    about: str | None,
    argv: Sequence[str] | None = None,
    words: str | None = None,
    older: Mapping[str, str] | None = None,
) -> None:
    """Do what a command line says; the arguments are those of `parse_settings`."""
    with one_line_errors():
        action(parse_settings(settings, about, argv, words, older))


def parse_settings(
    settings: type[Settings],
    about: str | None,
    argv: Sequence[str] | None = None,
    words: str | None = None,
    older: Mapping[str, str] | None = None,
) -> Settings:
    """Turn a command line into settings.

    Parameters
    ----------
    settings
        A dataclass; each of its fields is a flag, with the help from its docstring.
    about
        What --help says above the flags: the docstring of the command's module.
    argv
        The words after the command's name; those that were typed if None.
    words
        The field that takes the words which are no flags.
    older
        Flags' older names, with the newer one of each.

    Raises
    ------
    UserError
        For an unknown flag or a value that does not fit.
    """
    parser = make_parser(settings, about, words)
    given = [in_newer_spelling(word, older or {}) for word in (sys.argv[1:] if argv is None else argv)]
    return settings(**vars(parser.parse_args(given)))


def make_parser(settings: type, about: str | None, words: str | None = None) -> FlagParser:
    """Return the parser of a command's own flags."""
    parser = FlagParser(
        allow_abbrev=False,
        usage=f"python %(prog)s [--flag=value ...]{f' [{words} ...]' if words else ''}",
        description=about,
        formatter_class=HelpFormatter,
    )
    parser.add_class_arguments(settings, None, skip={words} if words else set())
    if words:
        everything = FlagParser()
        everything.add_class_arguments(settings, None)
        (action,) = (action for action in everything._actions if action.dest == words)
        parser.add_argument(words, nargs="*", type=str, help=action.help)
    let_switches_stand_alone(parser)
    return parser


def in_newer_spelling(word: str, older: Mapping[str, str]) -> str:
    """Replace a flag's older name, and print a notice."""
    name, equals, value = word.partition("=")
    if name not in older:
        return word
    print(f"{name} is an older spelling, read as: {older[name]}")
    return f"{older[name]}{equals}{value}"


def parse_beside_run(
    settings: type[Settings],
    about: str | None,
    argv: Sequence[str] | None = None,
    recipe: Callable[[Settings], Sequence[str]] = lambda _: (),
    set_here: Sequence[str] = (),
) -> tuple[Settings, list[str]]:
    """Turn a command line into settings and flags of run_experiment.py, for a command that trains.

    Parameters
    ----------
    settings, about, argv
        As for `parse_settings`.
    recipe
        The flags of run_experiment.py with which the command begins itself.
    set_here
        Those that the user may not set.

    Raises
    ------
    UserError
        For a flag that neither has, or that is in `set_here`.
    """
    parser = make_parser(settings, about)
    own, flags = split(sys.argv[1:] if argv is None else argv, parser.names)
    names = [name for name in parser.names if name != "help"]
    expected = f"Expected --{', --'.join(names)} or another flag of run_experiment.py"
    try:
        values = settings(**vars(parser.parse_args(own)))
    except UserError:  # perhaps because a flag is mistyped, which is to be said first
        of_classes = (flags_of(cls) for classes in CHOICES.values() for cls in classes.values())
        known = {*build_parser(choose_classes([])).names}.union(*of_classes)
        _refuse_unknown(flags, known, [*names, *(name for name in known if f"--{name}" not in set_here)], expected)
        raise
    for flag in flags:
        if flag.split("=")[0] in set_here:
            raise UserError(f"{flag}: this command sets it itself. {expected}")
    theirs = build_parser(choose_classes([*recipe(values), *flags])).names
    _refuse_unknown(flags, theirs, [*names, *(name for name in theirs if f"--{name}" not in set_here)], expected)
    return values, flags


def _refuse_unknown(flags: Sequence[str], known: Iterable[str], may_be_meant: Sequence[str], expected: str) -> None:
    """Raise a UserError for the first flag that is not known: it may resemble one that is."""
    for flag in (flag for flag in flags if flag.startswith("--")):
        name = flag.removeprefix("--").split("=")[0]
        if name.split(".")[0] in known or f"--{name}" in OLDER_SPELLINGS:
            continue
        near = get_close_matches(name, may_be_meant)
        raise UserError(did_you_mean(flag, near) if near else f"{flag}: no such flag here. {expected}")


def split(argv: Sequence[str], names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split a command line into the flags with these names and all others, each with its value."""
    own: list[str] = []
    others: list[str] = []
    part = others
    for word in argv:
        if word.startswith("--") or word == "-h":
            part = own if word.lstrip("-").split("=")[0] in {*names, "h"} else others
        part.append(word)
    return own, others
