"""The files and the command line of the word-piece commands."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from text_recognizer.paths import PROCESSED_DIRNAME, REPOSITORY_DIRNAME
from text_recognizer.util import UserError, write_atomically

# Where the package is installed, there is no course around it: then files lie where the command is typed.
IS_COURSE = "TEXT_RECOGNIZER_DATA" in os.environ or (REPOSITORY_DIRNAME / "labs.txt").is_file()
DIRNAME = PROCESSED_DIRNAME / "iam_lines" if IS_COURSE else Path()


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Raise a UserError instead of printing the usage."""
        raise UserError(f"{message}. --help shows all flags")


def make_parser(description: str | None) -> Parser:
    """Return a parser for one of the commands."""
    where = f"A name without a directory is that of a file in {DIRNAME.resolve()}."
    return Parser(
        description=f"{(description or '').splitlines()[0]} {where}",
        allow_abbrev=False,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )


def run(command: Callable[[Any], None], parser: Parser, argv: list[str] | None) -> None:
    """Run a command; the user's mistakes are one line, not a traceback."""
    try:
        command(parser.parse_args(argv))
    except (UserError, OSError) as error:
        sys.exit(f"error: {error}")


def placed(name: str) -> Path:
    """Return the path of a file: a name alone is one of the prepared files beside the lines of IAM."""
    return DIRNAME / name if name == Path(name).name else Path(name)


def read_rows(filename: Path, flag: str, maker: str) -> list[str]:
    """Read the rows of a text file that are not empty.

    Raises
    ------
    UserError
        If there is no such file, it is not a text, or it has no rows; `maker` is the command that makes one.
    """
    try:
        rows = [row.strip() for row in filename.read_text(encoding="utf-8").split("\n")]
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        near = sorted(path.name for path in filename.parent.glob(f"*{filename.suffix}"))
        there = f" That directory has {', '.join(near)}." if near else ""
        raise UserError(f"{flag} {filename}: no such file.{there} Type: {maker}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{flag} {filename}: not a text in UTF-8 ({error.reason})") from None
    if not any(rows):
        raise UserError(f"{flag} {filename}: the file is empty. Type: {maker}")
    return [row for row in rows if row]


def write_rows(rows: list[str], filename: Path) -> None:
    """Write a text file, whole or not at all, and print its name."""
    with write_atomically(filename) as file:
        file.write("".join(f"{row}\n" for row in rows).encode())
    print(f"{filename}: {len(rows):,} rows")
