"""Reads pages one after the other, or several at a time in worker processes."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context

from text_recognizer.documents.page_source import PageSource
from text_recognizer.recognizer.formats.page_result import PageResult
from text_recognizer.recognizer.processor import use_one_thread
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from text_recognizer.util import UserError

Read = Callable[[PageSource], PageResult]
AHEAD = 2  # queued pages per worker, so that no worker waits for a page


@dataclass(frozen=True)
class ReadSettings:
    """The settings of reading, the same in each worker.

    Parameters
    ----------
    artifact_dirname, bf16, mode, keep_print, licence
        See ParagraphTextRecognizer.
    """

    artifact_dirname: str | None = None
    bf16: bool = False
    mode: str | None = None
    keep_print: bool = False
    licence: str | None = None

    def load(self) -> ParagraphTextRecognizer:
        """Load the model."""
        recognizer = ParagraphTextRecognizer(self.artifact_dirname, self.bf16, self.keep_print, self.licence)
        recognizer.check_mode(self.mode)
        return recognizer


def read_page(recognizer: ParagraphTextRecognizer, page: PageSource, mode: str | None = None) -> PageResult:
    """Read a page; an error that the user can mend becomes its result."""
    size = dpi = None
    try:
        picture, dpi = page.open()
        size = picture.size
        reading = recognizer.predict(picture, mode, return_details=True)
    except UserError as error:
        return PageResult(page.name, error, size, None, dpi)
    return PageResult(page.name, reading, size, page.open_picture, dpi)


def read_in_turn(
    recognizer: ParagraphTextRecognizer, pages: Sequence[PageSource], mode: str | None
) -> Iterator[tuple[PageSource, PageResult, float]]:
    """Yield each page, its result, and the seconds it took."""
    for page in pages:
        start = time.perf_counter()
        result = read_page(recognizer, page, mode)
        yield page, result, time.perf_counter() - start


def read_in_workers(
    settings: ReadSettings, pages: Sequence[PageSource], num_workers: int
) -> Iterator[tuple[PageSource, PageResult, float]]:
    """Read pages in several processes, each with the model and one thread; yield them in the order of completion.

    Raises
    ------
    UserError
        If a process was killed; the pages yielded before are read.
    """
    # Spawned and not forked: a fork of a process with threads, such as PyTorch's, may hang.
    context = get_context("spawn")
    pool = ProcessPoolExecutor(num_workers, context, initializer=_start_worker, initargs=(settings,))
    waiting: dict[Future, PageSource] = {}
    rest = iter(pages)
    try:
        while True:
            for page in _first(rest, AHEAD * num_workers - len(waiting)):
                waiting[pool.submit(_read_in_worker, page)] = page
            if not waiting:
                return
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                page = waiting.pop(future)
                yield (page, *future.result())
    except BrokenProcessPool:
        raise UserError(
            f"one of {num_workers} workers was killed, perhaps because memory ran out. "
            "Continue with --resume and fewer --workers"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _first(pages: Iterator[PageSource], number: int) -> Iterator[PageSource]:
    for _ in range(number):
        page = next(pages, None)
        if page is None:
            return
        yield page


class _Worker:
    """The state of a worker process: its recogniser."""

    read: Read


def _start_worker(settings: ReadSettings) -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the parent stops the workers
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    recognizer = settings.load()
    use_one_thread()
    _Worker.read = staticmethod(lambda page: read_page(recognizer, page, settings.mode))


def _read_in_worker(page: PageSource) -> tuple[PageResult, float]:
    start = time.perf_counter()
    result = _Worker.read(page)
    return result, time.perf_counter() - start
