"""How much memory a process takes, where Linux tells."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

STATUS = Path("/proc/self/status")
MARK = "most memory in megabytes:"
RUN = f"""
import runpy, sys
most_memory = runpy.run_path(sys.argv[1])["most_memory"]
sys.argv = sys.argv[2:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as end:
    if end.code:
        raise
print("{MARK}", most_memory(), sep="", end="")
"""


def memory_now() -> float | None:
    """Return the memory of this process in megabytes."""
    return _read("VmRSS:")


def most_memory() -> float | None:
    """Return the most memory that this process has taken, in megabytes."""
    return _read("VmHWM:")


def most_memory_of_script(script: Path, words: Sequence[str]) -> float | None:
    """Run a script in a process of its own, and return the most memory that it has taken, in megabytes.

    The process tells it itself: in what the system counts for a child, Linux includes the memory of its parent.
    """
    command = [sys.executable, "-c", RUN, __file__, str(script), *words]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    shown = printed.rpartition(MARK)[2]
    return float(shown) if shown != "None" else None


def shown(megabytes: float | None) -> str:
    """Return a text for a number of megabytes."""
    return "unknown" if megabytes is None else f"{megabytes:,.0f} MB"


def _read(name: str) -> float | None:
    lines = STATUS.read_text().splitlines() if STATUS.is_file() else []
    kibibytes = [line.split()[1] for line in lines if line.startswith(name)]
    return int(kibibytes[0]) * 1024 / 1e6 if kibibytes else None
