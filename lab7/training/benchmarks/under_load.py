"""Times the reading of a page alone, and while other processes keep the processors busy.

    python training/benchmarks/under_load.py
    python training/benchmarks/under_load.py page.png --artifact_dirname=paragraph_text_recognizer_open
    python training/benchmarks/under_load.py --num_busy=4 --threads=1,2,4 --waiting=active

Each operation of a network is split into short parts, one per thread, and all threads wait for the last one. If other
processes need the processors too, one of the threads is always late, and many threads may read more slowly than one. A
thread waits actively, in a loop, or passively, asleep; OMP_WAIT_POLICY sets it for PyTorch's threading library and for
our sessions of ONNX Runtime. So each number of threads reads in each way to wait, alone and beside the busy processes,
in turns, and in its own process, because a threading library reads its environment once. Run nothing else meanwhile.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from text_recognizer.recognizer.artifact_files import find_artifact
from text_recognizer.util import UserError
from training.benchmarks.timing import in_turns, load, medians, processor, table
from training.command_line.settings import run_command

LAB_DIRNAME = Path(__file__).resolve().parents[2]
EXAMPLE = LAB_DIRNAME / "pictures" / "page.jpg"
READ = """
import sys
from text_recognizer.util import UserError
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
try:
    recognizer = ParagraphTextRecognizer(sys.argv[1])
    for _ in sys.stdin:
        recognizer.predict(sys.argv[2])
        print(flush=True)
except UserError as error:
    sys.exit(str(error))
"""
WAYS_TO_WAIT = ("default", "active", "passive")
BUSY = "while True: pass"


@dataclass
class UnderLoad:
    """What to time.

    Parameters
    ----------
    images
        A page to read; the lab's own page if there is none.
    artifact_dirname
        Time this model instead of the shipped one.
    num_busy
        Number of busy processes beside the reading.
    threads
        Numbers of threads to read with, separated by commas.
    waiting
        Ways to wait, separated by commas: active, passive, or default, the threading library's own.
    num_rounds
        Number of times that each way is timed.
    """

    images: list[str] = field(default_factory=list)
    artifact_dirname: str | None = None
    num_busy: int = 2
    threads: str = "1,2"
    waiting: str = "default,passive"
    num_rounds: int = 5

    def __post_init__(self) -> None:
        if len(self.images) > 1:
            raise UserError(f"{len(self.images)} images: expected one page, or none")
        if self.images and not Path(self.images[0]).is_file():
            raise UserError(f"{self.images[0]}: no such file. Expected a picture of a page")
        for name in ("num_busy", "num_rounds"):
            if getattr(self, name) < 1:
                raise UserError(f"--{name}={getattr(self, name)}: expected 1 or more")
        numbers_of_threads(self.threads)
        ways_to_wait(self.waiting)


def numbers_of_threads(text: str) -> list[int]:
    """Return the numbers in a flag such as 1,2."""
    numbers = [int(word) for word in text.split(",") if word.strip().isdecimal()]
    if len(numbers) != len(text.split(",")) or min(numbers) < 1:
        raise UserError(f"--threads={text}: expected numbers from 1, separated by commas, such as 1,2")
    return list(dict.fromkeys(numbers))


def ways_to_wait(text: str) -> list[str]:
    """Return the words in a flag such as default,passive."""
    words = text.split(",")
    if wrong := [word for word in words if word not in WAYS_TO_WAIT]:
        raise UserError(f"--waiting={text}: {wrong[0]!r} is none of {', '.join(WAYS_TO_WAIT)}")
    return list(dict.fromkeys(words))


class Reading:
    """A process that has loaded a recogniser and reads a page on request.

    Parameters
    ----------
    dirname
        The artifact's directory.
    image
        The page.
    num_threads
        The number of its threads.
    waiting
        How they wait for each other.
    """

    def __init__(self, dirname: Path, image: str, num_threads: int, waiting: str) -> None:
        self.what = image
        number = str(num_threads)
        paths = os.pathsep.join([str(LAB_DIRNAME), *filter(None, [os.environ.get("PYTHONPATH")])])
        environment = os.environ | {"OMP_NUM_THREADS": number, "MKL_NUM_THREADS": number, "PYTHONPATH": paths}
        environment.pop("OMP_WAIT_POLICY", None)
        if waiting != "default":
            environment["OMP_WAIT_POLICY"] = waiting
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", READ, str(dirname), image],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def __call__(self) -> None:
        """Read the page once."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with suppress(BrokenPipeError):  # the process has ended; see below
            print(file=self.process.stdin, flush=True)
        if not self.process.stdout.readline():
            raise UserError(
                f"{self.what} cannot be read: the process ended with status {self.process.wait()}, see above"
            )

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        with suppress(BrokenPipeError):
            self.process.communicate()


@contextmanager
def busy(number: int) -> Iterator[None]:
    """Keep `number` processes busy while the block lasts."""
    processes = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(number)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()


def measure(args: UnderLoad) -> dict[tuple[int, str], tuple[float, float]]:
    """Return the median seconds of a reading, alone and beside busy processes, by number of threads and waiting."""
    dirname = find_artifact(args.artifact_dirname)
    image = args.images[0] if args.images else str(EXAMPLE)
    readings: dict[tuple[int, str], Reading] = {}
    try:
        for way in product(numbers_of_threads(args.threads), ways_to_wait(args.waiting)):
            if way[0] > 1 or way[1] == args.waiting.split(",")[0]:  # one thread waits for nobody
                readings[way] = Reading(dirname, image, *way)
        ways = {str(way): reading for way, reading in readings.items()}
        alone = medians(in_turns(ways, args.num_rounds))
        with busy(args.num_busy):
            beside = medians(in_turns(ways, args.num_rounds))
    finally:
        for reading in readings.values():
            reading.close()
    return {way: (alone[str(way)], beside[str(way)]) for way in readings}


def rows_of(times: dict[tuple[int, str], tuple[float, float]]) -> Sequence[Sequence[str]]:
    """Return the rows of the table."""
    rows = [("threads", "waiting", "alone", "beside", "ratio")]
    for (number, waiting), (alone, beside) in times.items():
        shown = waiting if number > 1 else "-"
        rows.append((str(number), shown, f"{alone:.2f} s", f"{beside:.2f} s", f"{beside / alone:.1f}"))
    return rows


def benchmark(args: UnderLoad) -> None:
    """Print medians and ratios."""
    before = load()
    times = measure(args)
    print(f"Reading a page beside {args.num_busy} busy processes; median of {args.num_rounds}")
    print(f"{processor()}, {os.cpu_count()} processors, {before} before")
    print(table(rows_of(times)))


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    run_command(benchmark, UnderLoad, __doc__, argv, words="images")


if __name__ == "__main__":
    main()
