"""Runs the tests of all labs and of the tools, two suites at a time.

    python tools/run_tests.py              # what CI runs
    python tools/run_tests.py lab1 tools   # these suites
    python tools/run_tests.py --whole lab3 # all tests of a lab but the slow ones, as a student runs them
    python tools/run_tests.py --extras     # those marked `extras`, for which `make test-extras` installs packages

Nearly all files of a lab are copies. A test whose code is the same as in the lab before has the same result, so that
each test runs once, in the lab that owns its file; with it run the slow ones. Tests that depend on what a lab holds
(its readme's commands, its scripts, its registry of models, the layers of its imports) are marked `every_lab` and run
in each. A change in lab 1 that breaks only what lab 5 made of it fails in lab 5, which owns the tests of that.
"""

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

REPOSITORY_DIRNAME = Path(__file__).resolve().parents[1]
NUM_AT_ONCE = 2
TOOLS = "tools"
EXTRAS_MARK = "mark.extras"
LARGEST_FIRST = ("lab7", "lab5", TOOLS)  # or else the longest would begin when all others have ended
# Each suite gets one core: two that each use both would only get in each other's way.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class Result(NamedTuple):
    """How a suite ended."""

    suite: str
    status: int
    output: str
    seconds: float


def owned_tests(lab: str) -> list[str]:
    """Return the test files that are hand-written in a lab."""
    command = [sys.executable, "tools/labs.py", "owned", lab]
    result = subprocess.run(command, cwd=REPOSITORY_DIRNAME, capture_output=True, text=True, check=True)
    return result.stdout.split()


def with_extras(suite: str) -> list[str]:
    """Return a suite's own test files in which tests are marked `extras`: to collect all others takes minutes."""
    dirname = REPOSITORY_DIRNAME / suite
    names = [path.relative_to(dirname).as_posix() for path in sorted((dirname / "tests").rglob("test_*.py"))]
    own = names if suite == TOOLS else owned_tests(suite)
    return [name for name in own if EXTRAS_MARK in (dirname / name).read_text(encoding="utf-8")]


def command_of(suite: str, which: str) -> list[str]:
    """Return what runs the owned, the whole or the extras' tests of a suite, in its directory."""
    command = [sys.executable, "-m", "pytest", "-q", "--durations=8"]
    if which == "extras":
        return [*command, "--slow", "-m", "extras", *with_extras(suite)]
    return [*command, "tests", *(["--owned", *owned_tests(suite)] if suite != TOOLS and which == "owned" else [])]


def run_suite(suite: str, which: str) -> Result:
    """Run tests of a lab or of the tools as a student would: from its directory and without PYTHONPATH."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | ENVIRONMENT
    start = time.monotonic()
    done = subprocess.run(
        command_of(suite, which),
        cwd=REPOSITORY_DIRNAME / suite,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return Result(suite, done.returncode, done.stdout, time.monotonic() - start)


def main() -> int:
    """Print each suite's results as it ends; return 1 if any failed."""
    labs = sorted(path.parent.name for path in REPOSITORY_DIRNAME.glob("lab*/text_recognizer"))
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("suites", nargs="*", metavar="suite", help=f"{', '.join([*labs, TOOLS])}; all if none is named")
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--whole", dest="which", action="store_const", const="whole", help="inherited tests too, not slow"
    )
    group.add_argument("--extras", dest="which", action="store_const", const="extras", help="only tests marked extras")
    parser.set_defaults(which="owned")
    args = parser.parse_args()
    if unknown := set(args.suites) - {*labs, TOOLS}:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; expected some of {', '.join([*labs, TOOLS])}")
    suites = sorted(args.suites or [*labs, TOOLS], key=lambda suite: (suite not in LARGEST_FIRST, suite))
    if args.which == "extras":
        suites = [suite for suite in suites if with_extras(suite)]
    failed = []
    with ThreadPoolExecutor(NUM_AT_ONCE) as pool:
        for result in pool.map(lambda suite: run_suite(suite, args.which), suites):
            print(f"== {result.suite}: {result.seconds:.0f} s\n{result.output}", flush=True)
            if result.status:
                failed.append(result.suite)
    print(f"failed: {', '.join(failed)}" if failed else f"all tests of {', '.join(suites)} passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
