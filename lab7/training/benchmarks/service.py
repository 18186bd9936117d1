"""Sends many concurrent requests to the service, and compares its throughput with the recogniser's class.

    python training/benchmarks/service.py --num_clients=16 --num_requests=64

It needs the extra `service`. Each request sends one of several pages with different texts, and each response is
compared with the class's reading of the same JPEG file. Run nothing else meanwhile.
"""

import argparse
import io
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PIL import Image

from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from text_recognizer.service.client import as_sent
from training.benchmarks.timing import Way, load, processor

PAGE = Path(__file__).resolve().parents[2] / "pictures" / "page.jpg"
STATUS = Path("/proc/self/status")  # of Linux
NUM_PAGES = 4


def main(argv: list[str] | None = None) -> int:
    """Print the throughput of both, and the growth of memory; return 1 if a reading was lost or mixed up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--num_clients", type=int, default=16)
    parser.add_argument("--num_requests", type=int, default=64)
    parser.add_argument("--artifact_dirname")
    args = parser.parse_args(argv)
    recognizer = ParagraphTextRecognizer(args.artifact_dirname)
    pages = make_pages(Image.open(PAGE))
    wanted = [pages[i % len(pages)] for i in range(args.num_requests)]
    files = [as_sent(page) for page in pages]
    texts = [recognizer.predict(io.BytesIO(file)) for file in files]
    assert len(set(texts)) == len(pages), "pages must differ for a mix-up to show"
    print(f"{processor()}, {load()}")
    turns = [files[i % len(files)] for i in range(args.num_requests)]
    alone, busy = speed_of(lambda: [recognizer.predict(io.BytesIO(file)) for file in turns], args.num_requests)
    print(f"the class: {alone:.2f} pages a second, {busy:.2f} s of the processor for each")
    return compare(
        recognizer, wanted, [texts[i % len(pages)] for i in range(args.num_requests)], args.num_clients, alone
    )


def compare(
    recognizer: ParagraphTextRecognizer, wanted: Sequence[Image.Image], texts: list[str], num_clients: int, alone: float
) -> int:
    """Send the requests to a service on loopback, twice; print the results."""
    from text_recognizer.service.api import create_api
    from text_recognizer.service.client import RemoteRecognizer
    from text_recognizer.service.limits import Limits
    from text_recognizer.service.serve import running

    limits = Limits(max_waiting=num_clients, max_seconds=600)
    status = 0
    with running(create_api(recognizer, limits), "127.0.0.1", 0) as url, ThreadPoolExecutor(num_clients) as clients:
        client = RemoteRecognizer(url, time_limit=600)
        for turn in ("first", "second"):
            answers: list[str] = []
            rate, busy = speed_of(
                lambda: answers.extend(clients.map(lambda page: client.predict(page).text, wanted)),  # noqa: B023
                len(wanted),
            )
            wrong = sum(answer != text for answer, text in zip(answers, texts, strict=True))
            print(
                f"the service, {num_clients} clients, {turn} turn: {rate:.2f} pages a second ({rate / alone:.2f} of "
                f"the class's), {busy:.2f} s of the processor for each with its client; {len(answers)} answers, "
                f"{wrong} different from the class's; {memory()}",
                flush=True,
            )
            status |= int(wrong > 0 or len(answers) != len(wanted))
    return status


def make_pages(page: Image.Image) -> list[Image.Image]:
    """Return pages with different texts, parts of one page from its top."""
    heights = [page.height * (NUM_PAGES + 1 + i) // (2 * NUM_PAGES) for i in range(NUM_PAGES)]
    return [page.convert("RGB").crop((0, 0, page.width, height)) for height in heights]


def speed_of(way: Way, number: int) -> tuple[float, float]:
    """Return the throughput of `number` readings per second, and the CPU seconds of each."""
    start = time.perf_counter()
    busy = time.process_time()
    way()
    return number / (time.perf_counter() - start), (time.process_time() - busy) / number


def memory() -> str:
    """Return the memory of the process, if the system reports it."""
    try:
        rows = STATUS.read_text().splitlines()
    except OSError:
        return "memory not known here"
    (size,) = (row.split()[1] for row in rows if row.startswith("VmRSS"))
    return f"{int(size) / 1024:,.0f} MiB"


if __name__ == "__main__":
    sys.exit(main())
