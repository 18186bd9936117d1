"""How processes that load data react when somebody stops the training."""

import signal
from types import FrameType

GRACE = 60  # seconds in which the first process stops a worker


def outlive_signals(worker: int) -> None:
    """Let a worker go on when a signal is sent to the whole group of processes, as by Ctrl-C.

    The main process stops its workers after it has written its checkpoint. If a worker died first, the main process
    would report that in place of the signal. A worker that is not stopped ends by itself.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGTERM, _end_later)


def _end_later(number: int, frame: FrameType | None) -> None:
    signal.alarm(GRACE)
