"""Keep the labs in step: `labs.txt` says which file is hand-written in which lab; all else is a copy."""

import argparse
import io
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from staging.check import Check, Course
from staging.diff import lecture
from staging.forward import FORWARD, Forward
from staging.generated import tree
from staging.manifest import ManifestError
from staging.repo import GitError
from staging.sync import Sync, strip_notebooks, write_generated

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = {
    "check": "say what is out of step, and what to type",
    "sync": "carry sources forward into their copies; write trees, table and readme notebooks; strip notebooks",
    "forward": "merge an edit of an older hand-written version into the newer ones",
    "tree": "print a lab's files, with NEW and CHANGED",
    "diff": "print a lab against its predecessor: the lecture",
    "owned": "print the tests that are new or changed in a lab",
}
OF_A_LAB = ("tree", "diff", "owned")


def check(course: Course) -> int:
    """Print what is wrong, or that all is well; write nothing."""
    look = Check(course)
    if problems := look.problems():
        return complain(problems)
    print(look.summary())
    return 0


def sync(course: Course) -> int:
    """Copy the sources forward unless that would lose someone's edit, then check."""
    done = strip_notebooks(course)  # first: a copy that was only run holds no one's edit
    work = Sync(course)
    if refusals := work.refusals():
        say(done)
        return complain([*refusals, "sync wrote nothing else" if done else "sync wrote nothing"])
    say([*done, *work.write(), *write_generated(course)] or ["nothing to copy"])
    return check(course)


def forward(course: Course, since: str) -> int:
    """Merge edits of older versions into newer ones."""
    if course.repo.no_history:
        return complain([course.repo.needs_history(FORWARD)])
    work = Forward(course, since)
    work.run()
    say(work.done)
    return complain(work.problems)


def lab_command(course: Course, command: str, name: str) -> int:
    """The commands that print something of one lab."""
    lab = course.manifest.find(name)
    if command == "tree":
        print(tree(course.root, lab, course.manifest), end="")
    elif command == "diff":
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        say(lecture(course.root, course.manifest, lab, colour))
    else:
        say(path for path in lab.marked("+~") if re.fullmatch(r"tests/(.*/)?test_[^/]*\.py", path))
    return 0


def say(lines: Iterable[str]) -> None:
    """Print lines."""
    for line in lines:
        print(line)


def complain(problems: list[str]) -> int:
    """Print problems where errors go; return the exit status."""
    sys.stdout.flush()
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def parse_args(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line; `--root` may stand before or behind the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, metavar="DIR", help="the course (default: %(default)s)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, words in COMMANDS.items():
        command = commands.add_parser(name, help=words, description=words)
        command.add_argument("--root", type=Path, default=argparse.SUPPRESS, metavar="DIR", help="the course")
        if name in OF_A_LAB:
            command.add_argument("lab", metavar="LAB", help="3 or lab3")
        if name == "forward":
            command.add_argument("--since", default="HEAD", metavar="COMMIT", help="the commit before the edit (HEAD)")
    return parser.parse_args(argv)


def run(args: argparse.Namespace) -> int:
    """Do what the command line asks for; return the exit status."""
    try:
        course = Course.open(args.root.resolve())
        if args.command in OF_A_LAB:
            return lab_command(course, args.command, args.lab)
        if args.command == "forward":
            return forward(course, args.since)
        return {"check": check, "sync": sync}[args.command](course)
    except ManifestError as error:
        complain([str(error)])
        return 2
    except GitError as error:
        return complain([f"git: {error}"])
    except BrokenPipeError:  # the reader, `less` or `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return complain([f"{error.filename}: {error.strerror}"])


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a pipe on Windows cannot draw a tree otherwise
            stream.reconfigure(encoding="utf-8")
    return run(parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
