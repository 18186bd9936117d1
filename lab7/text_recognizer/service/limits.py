"""How much a service takes on: what is more is refused at once, so that what was taken on is done in time."""

import asyncio
import math
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
FIRST_GUESS = 2.0  # seconds that a reading takes, before any has been timed
SMOOTHING = 0.2  # share of the newest reading in the mean time


@dataclass(frozen=True)
class Limits:
    """The limits of a service.

    Parameters
    ----------
    max_bytes
        Of a picture.
    max_pixels
        Likewise, unpacked.
    max_seconds
        For a request, from its first byte to its answer.
    max_running
        Readings at a time. One uses all cores for most of its time.
    max_waiting
        Requests that wait for their turn; further ones are refused with status 429.
    """

    max_bytes: int = 20_000_000
    max_pixels: int = 60_000_000
    max_seconds: float = 60.0
    max_running: int = 1
    max_waiting: int = 32


class Busy(Exception):  # noqa: N818
    """There are too many requests; after so many seconds it is worth trying again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many requests at once. Try again in {retry_after} seconds")
        self.retry_after = retry_after


class ReadingQueue:
    """Lets some work run at a time, in threads, and some wait.

    Work that ran out of time goes on to its end, for a thread cannot be stopped: only then does the next begin.

    Parameters
    ----------
    limits
        How much may run and wait.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.num_taken = 0
        self.mean_seconds = FIRST_GUESS
        self._pool = ThreadPoolExecutor(limits.max_running, thread_name_prefix="reading")

    @property
    def num_waiting(self) -> int:
        """How many wait."""
        return max(0, self.num_taken - self.limits.max_running)

    async def run(self, work: Callable[[], T], seconds: float) -> T:
        """Return what some work returns.

        Raises
        ------
        Busy
            If too many wait already.
        TimeoutError
            If it is not done after so many seconds.
        """
        if self.num_taken >= self.limits.max_running + self.limits.max_waiting:
            raise Busy(math.ceil(self.mean_seconds * self.num_taken / self.limits.max_running))
        self.num_taken += 1
        loop = asyncio.get_running_loop()
        future: Future[T] = self._pool.submit(self._timed, work)
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._give_back))
        return await asyncio.wait_for(asyncio.wrap_future(future), seconds)

    def _timed(self, work: Callable[[], T]) -> T:
        start = time.monotonic()
        try:
            return work()
        finally:
            self.mean_seconds += SMOOTHING * (time.monotonic() - start - self.mean_seconds)

    def _give_back(self) -> None:
        self.num_taken -= 1

    def close(self) -> None:
        """Wait for what runs, and begin nothing more."""
        self._pool.shutdown(wait=True, cancel_futures=True)
