"""Spreads drawing over processes, and puts what was drawn into whole files."""

import gzip
import multiprocessing
import os
import signal
import threading
import zipfile
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TypeVar

import cv2
import numpy as np

from text_recognizer.data.storage.progress import progress
from text_recognizer.data.storage.stand_in import MARKER_NAME, is_stand_in, marker_of
from text_recognizer.util import UserError, write_atomically

Task = TypeVar("Task")
Drawn = TypeVar("Drawn")
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first date that a zip file knows: the same drawing is the same file at any time
MAX_TASKS_AT_ONCE = 16


def draw_all(
    draw: Callable[[Task], Drawn], tasks: Sequence[Task], num_processes: int, description: str
) -> Generator[Drawn, None, None]:
    """Yield what is drawn for each task, in their order, under a progress bar. Close it when there is an error.

    Each task brings its own seed, so that the number of processes changes nothing.
    """
    if num_processes == 1:
        with progress(tasks, description) as shown:
            yield from map(draw, shown)
        return
    with ProcessPoolExecutor(num_processes, initializer=_start_worker) as pool:
        size = max(1, min(MAX_TASKS_AT_ONCE, len(tasks) // num_processes))
        results = pool.map(draw, tasks, chunksize=size)  # starts the processes, before there is a bar with a thread
        try:
            with progress(range(len(tasks)), description) as shown:
                for _ in shown:
                    yield next(results)
        except BrokenProcessPool as error:
            raise UserError("a drawing process was killed, perhaps for want of memory: add --processes=1") from error
        finally:
            pool.shutdown(cancel_futures=True)


def _start_worker() -> None:
    """Leave Ctrl-C to the main process, and processors to the other workers.

    The watch on the main process comes first: a worker is a fork of a process in which libraries have threads, and what
    such a thread held at that moment nobody gives back, so that a library might wait for it for ever.
    """
    threading.Thread(target=_end_with_main_process, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)


def _end_with_main_process() -> None:
    """End this worker when the main process was killed: it would wait for tasks that nobody sends, for ever."""
    main_process = multiprocessing.parent_process()
    assert main_process is not None
    main_process.join()
    os._exit(1)


def default_num_processes() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def is_wanted(filenames: Sequence[Path], marker: str, in_the_way: Sequence[Path] = ()) -> bool:
    """Tell whether a stand-in is to be drawn; say why not.

    Parameters
    ----------
    filenames
        The files of a set.
    marker
        What the stand-in is to say of itself.
    in_the_way
        Where real data may lie instead.
    """
    for filename in (*filenames, *in_the_way):
        if filename.exists() and not is_stand_in(filename):
            print(f"{filename} is not a stand-in: it is left as it is, and none is drawn")
            return False
    if all(marker_of(filename) == marker for filename in filenames):
        print(f"{filenames[0]} is this stand-in already")
        return False
    return True


@contextmanager
def files(filenames: Sequence[Path]) -> Iterator[list[IO[bytes]]]:
    """Open files that appear together when the block has ended well.

    Raises
    ------
    UserError
        If they cannot be written.
    """
    try:
        with ExitStack() as stack:
            yield [stack.enter_context(write_atomically(filename)) for filename in filenames]
    except OSError as error:
        reason = error.strerror or error
        raise UserError(
            f"{filenames[0]} cannot be written ({reason}): nothing of it was left behind. Make room, or name a "
            "directory that you can write to: TEXT_RECOGNIZER_DATA for data, --out for a picture"
        ) from error


def as_jpeg(picture: np.ndarray, quality: int) -> bytes:
    """Return a picture (H, W) uint8 as a JPEG file."""
    _, content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return content.tobytes()


def add_member(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Write a member of a zip file; pictures are compressed already."""
    member = zipfile.ZipInfo(name, EPOCH)
    member.compress_type = zipfile.ZIP_STORED if name.endswith(".jpg") else zipfile.ZIP_DEFLATED
    archive.writestr(member, content)


def add_marker(archive: zipfile.ZipFile, marker: str, folder: str = "") -> None:
    """Write into a zip file what it is."""
    add_member(archive, folder + MARKER_NAME, marker.encode())


def write_gzip(file: IO[bytes], content: bytes, marker: str) -> None:
    """Write a gzip file whose header says what it is."""
    with gzip.GzipFile(marker, "wb", fileobj=file, mtime=0) as compressed:
        compressed.write(content)
