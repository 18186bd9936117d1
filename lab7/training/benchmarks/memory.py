"""How much memory a process takes, where Linux tells."""

import resource
from pathlib import Path

STATUS = Path("/proc/self/status")


def memory_now() -> float | None:
    """Return the memory of this process in megabytes."""
    return _read("VmRSS:")


def most_memory() -> float | None:
    """Return the most memory that this process has taken, in megabytes."""
    return _read("VmHWM:")


def most_memory_of_a_child() -> float:
    """Return the most memory that any finished process started from this one has taken, in megabytes."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6


def shown(megabytes: float | None) -> str:
    """Return a text for a number of megabytes."""
    return "unknown" if megabytes is None else f"{megabytes:,.0f} MB"


def _read(name: str) -> float | None:
    lines = STATUS.read_text().splitlines() if STATUS.is_file() else []
    kibibytes = [line.split()[1] for line in lines if line.startswith(name)]
    return int(kibibytes[0]) * 1024 / 1e6 if kibibytes else None
