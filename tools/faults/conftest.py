"""Faults that were tried on the product, each with what is expected: one line that says what, and nothing lost.

    make faults                    # all of them, some minutes
    make faults ARGS="-k network"  # one group

`make test` does not run them. A file is a group; at the end stands how many of each were tried, and how many were met.
"""

import os
import re
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT_DIRNAME = Path(__file__).resolve().parents[2]
LAB_DIRNAME = ROOT_DIRNAME / "lab7"
DATA_DIRNAME = Path(tempfile.mkdtemp(prefix="text-recogniser-faults-"))
os.environ["TEXT_RECOGNIZER_DATA"] = str(DATA_DIRNAME)  # before anything of the lab is imported
os.environ["no_proxy"] = "*"
sys.path[:0] = [str(LAB_DIRNAME), str(ROOT_DIRNAME / "tools"), str(Path(__file__).parent)]

TRIED, MET = Counter(), Counter()


def pytest_runtest_logreport(report):
    group = re.sub(r".*test_(\w+)\.py.*", r"\1", report.nodeid)
    if report.when == "call" and not report.skipped:
        TRIED[group] += 1
        MET[group] += report.passed
    elif report.failed:  # before or after the fault
        TRIED[group] += 1


def pytest_terminal_summary(terminalreporter):
    from expectations import KILLS

    if KILLS:
        terminalreporter.write_line(
            "\nTrainings killed at random moments and resumed: weights beside those of a whole run"
        )
    for one in KILLS:
        after = ", ".join(str(epoch + 1) for epoch in one.epochs)
        verdict = "equal, bit by bit" if one.is_equal else "NOT equal"
        terminalreporter.write_line(f"{one.kind:<12} killed after {after} of {one.num_epochs} epochs: {verdict}")
    rows = [f"{group:<12} {TRIED[group]:>5} tried {MET[group]:>5} met" for group in sorted(TRIED)]
    total = f"{'all':<12} {sum(TRIED.values()):>5} tried {sum(MET.values()):>5} met"
    terminalreporter.write_line("\n".join(["", "Faults by group", *rows, total]))


def pytest_unconfigure(config):
    shutil.rmtree(DATA_DIRNAME, ignore_errors=True)
