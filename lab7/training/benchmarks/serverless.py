"""Measures the cold start and the memory of the serverless function, with a double of Lambda's runtime interface.

    python training/export/export_onnx.py
    python training/benchmarks/serverless.py
    python training/benchmarks/serverless.py --mode=fast --num_events=5

The function runs as in its image, as a process of its own on this machine, with ONNX Runtime. A cold start lasts from
the start of the process until it asks for the first event. Starting a container and fetching the image come on top.
"""

import base64
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from text_recognizer.recognizer.artifact_files import LINES_DIRNAME, ONNX_FILENAME, find_artifact, finder_of
from text_recognizer.util import UserError
from training.benchmarks.runtime_interface import RuntimeInterfaceDouble
from training.benchmarks.timing import load, processor
from training.command_line.settings import run_command

LAB_DIRNAME = Path(__file__).resolve().parents[2]
PAGE = LAB_DIRNAME / "pictures" / "page.jpg"
GIVEN_UP_SECONDS = 600


@dataclass(frozen=True)
class Serverless:
    """What to measure.

    Parameters
    ----------
    artifact_dirname
        The recogniser, exported to ONNX.
    mode
        The mode of reading; the model's default if empty.
    num_starts
        Number of cold starts.
    num_events
        Number of pages that the function reads after each start.
    """

    artifact_dirname: str = "paragraph_text_recognizer"
    mode: str = ""
    num_starts: int = 3
    num_events: int = 4

    def __post_init__(self) -> None:
        for name in ("num_starts", "num_events"):
            if getattr(self, name) < 1:
                raise UserError(f"--{name}={getattr(self, name)}: expected 1 or more")


def measure(settings: Serverless) -> None:
    """Start the function several times, and print the medians."""
    dirname = find_artifact(settings.artifact_dirname)
    lines = dirname / LINES_DIRNAME
    for needed in (dirname, *([lines, finder_of(dirname)] if lines.is_dir() else [])):
        if not (needed / ONNX_FILENAME).is_file():
            raise UserError(f"{needed}: no {ONNX_FILENAME}. Type: python training/export/export_onnx.py")
    event = {"image": base64.b64encode(PAGE.read_bytes()).decode()}
    if settings.mode:
        event["mode"] = settings.mode
    runs = [run(dirname, [event] * settings.num_events) for _ in range(settings.num_starts)]
    print(f"{processor()}, {len(os.sched_getaffinity(0))} cores, {load()}; median of {settings.num_starts} starts")
    rows = {
        "cold start, until it asks for an event": (0, "s"),
        "the first page": (1, "s"),
        "each further page": (2, "s"),
        "memory after the start": (3, "MiB"),
        "memory at most": (4, "MiB"),
    }
    for text, (column, unit) in rows.items():
        values = [value for value in (one[column] for one in runs) if value is not None]
        number = statistics.median(values) if values else None
        digits = 2 if unit == "s" else 0
        print(f"  {text:<40}" + ("not known" if number is None else f"{number:>8,.{digits}f} {unit}"))


def run(dirname: Path, events: Sequence[dict[str, str]]) -> tuple[float | None, ...]:
    """Start the function once; return the seconds of the start and of pages, and its memory in MiB."""
    environment = os.environ | {"ARTIFACT_DIRNAME": str(dirname)}
    names = {str(number): event for number, event in enumerate(events)}
    with RuntimeInterfaceDouble(names) as double:
        start = time.perf_counter()
        command = [sys.executable, "-m", "api_serverless.runtime"]
        environment["AWS_LAMBDA_RUNTIME_API"] = double.address
        with subprocess.Popen(command, cwd=LAB_DIRNAME, env=environment) as process:
            try:
                while not double.handed_out and process.poll() is None:
                    time.sleep(0.001)
                resting = memory(process.pid, "VmRSS")
                if process.poll() is None:
                    double.is_done.wait(GIVEN_UP_SECONDS)
                most = memory(process.pid, "VmHWM")
            finally:
                process.kill()
    statuses = [answer.get("statusCode") for answer in double.answers.values()]
    if statuses != [200] * len(events):
        raise UserError(f"the function answered {[*double.answers.values()]!s:.300}. Expected {len(events)} readings")
    pages = [end - begin for begin, end in zip(double.handed_out, double.answered, strict=True)]
    return double.handed_out[0] - start, pages[0], statistics.median(pages[1:]) if pages[1:] else None, resting, most


def memory(process: int, key: str) -> float | None:
    """Return the memory of a process in MiB, if the system reports it: VmRSS now, VmHWM at most."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return None
    values = [float(line.split()[1]) / 1024 for line in lines if line.startswith(f"{key}:")]
    return values[0] if values else None


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(measure, Serverless, __doc__, argv)


if __name__ == "__main__":
    main()
