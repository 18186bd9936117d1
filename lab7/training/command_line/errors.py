"""A parser of flags whose errors are one line that says what was expected."""

import argparse
import difflib
import re
from typing import Any

from jsonargparse import ArgumentParser

from text_recognizer.util import UserError


class FlagParser(ArgumentParser):
    """A parser that raises a UserError of one line instead of printing pages of usage."""

    def error(self, message: str, ex: Exception | None = None) -> Any:
        """Raise a UserError; for an unknown flag it names the flags that exist."""
        unknown = re.search(r"unrecognized arguments: (\S+)|Option '(\S+)' is not accepted", message)
        missing = re.search(r"arguments are required: (\w+)", message)
        if unknown:
            message = self.unknown_flag(unknown[1] or unknown[2])
        if missing:
            message = f"--{missing[1]} is missing. See --help for what it may be"
        raise UserError(in_one_line(message)) from ex

    @property
    def names(self) -> list[str]:
        """The names of the flags that --help shows."""
        return [action.dest for action in self._actions if action.help != argparse.SUPPRESS]

    def near(self, flag: str) -> list[str]:
        """Return the names of the existing flags that resemble an unknown one."""
        name = flag.lstrip("-").split("=")[0]
        return [other for other in self.names if other.startswith(name)] or difflib.get_close_matches(name, self.names)

    def unknown_flag(self, flag: str) -> str:
        """Return the message about an unknown flag."""
        if near := self.near(flag):
            return did_you_mean(flag, near)
        return f"{flag}: no such flag here. Expected one of --{' --'.join(self.names)}"


def did_you_mean(flag: str, near: list[str]) -> str:
    """Return the message about an unknown flag that resembles existing ones."""
    return f"{flag}: no such flag. Did you mean {' or '.join(f'--{other}' for other in near)}?"


def in_one_line(message: str) -> str:
    """Shorten jsonargparse's report of a bad value, which lists every type that it tried, to one line."""
    key = re.match(r'Parser key "(\S+)":', message)
    value = re.search(r"(?:Got value|Given value): (.*)", message)
    if not (key and value):
        return " ".join(message.split())
    wanted = re.findall(r"(?:Expected an? )(.*?)(?:\. Got value.*)?$", message, flags=re.MULTILINE)
    names = [re.sub(r"<class '(\w+)'>", r"\1", re.sub(r"typing\.Literal\[(.*)\]", r"\1", name)) for name in wanted]
    choices = " or ".join(dict.fromkeys(name for name in names if name != "NoneType"))
    return f"--{key[1]}={value[1]}: expected {choices or 'another value, see --help'}"
