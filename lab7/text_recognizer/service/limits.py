"""The limits of a service: requests beyond them are refused at once, so that accepted ones are answered in time."""

import asyncio
import math
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
FIRST_GUESS = 2.0  # seconds for a reading, before any has been timed
SMOOTHING = 0.2  # weight of the newest reading in the mean time


@dataclass(frozen=True)
class Limits:
    """The limits of a service.

    Parameters
    ----------
    max_bytes
        The size of a picture's file.
    max_pixels
        The number of a picture's pixels.
    max_seconds
        The time for a request, from its first byte to its response.
    max_running
        Readings at the same time. One reading uses all cores most of the time.
    max_waiting
        Requests that may wait; further ones are refused with status 429.
    """

    max_bytes: int = 20_000_000
    max_pixels: int = 60_000_000
    max_seconds: float = 60.0
    max_running: int = 1
    max_waiting: int = 32


class Busy(Exception):  # noqa: N818
    """There are too many requests; the client should try again after some seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many requests at once. Try again in {retry_after} seconds")
        self.retry_after = retry_after


class ReadingQueue:
    """Runs a limited number of tasks in threads, and lets a limited number wait.

    A task that exceeds its time runs to its end, because a thread cannot be stopped; only then does the next begin.

    Parameters
    ----------
    limits
        How many tasks may run and wait.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.num_taken = 0
        self.mean_seconds = FIRST_GUESS
        self._pool = ThreadPoolExecutor(limits.max_running, thread_name_prefix="reading")

    @property
    def num_waiting(self) -> int:
        """The number of waiting tasks."""
        return max(0, self.num_taken - self.limits.max_running)

    async def run(self, work: Callable[[], T], seconds: float) -> T:
        """Run a task and return its result.

        Raises
        ------
        Busy
            If too many tasks wait already.
        TimeoutError
            If the task is not done within the time.
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
        """Wait for the running tasks, and start no others."""
        self._pool.shutdown(wait=True, cancel_futures=True)
