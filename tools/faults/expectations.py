"""What the faults expect."""

import resource
import signal
import sys
import time
from contextlib import contextmanager
from typing import NamedTuple

import pytest

from text_recognizer.util import UserError


class Kills(NamedTuple):
    """A training that was killed again and again: the last whole epoch at each kill, and how it ended."""

    kind: str
    num_epochs: int
    epochs: list[int]
    is_equal: bool


KILLS: list[Kills] = []  # for the table at the end
ADVICE = ("weights_only", "allow_pickle", "Traceback")  # what no message may say


@contextmanager
def one_line(expected=None):
    """Expect a mistake of the user's, in one line, that gives no dangerous advice."""
    with pytest.raises(UserError, match=expected) as error:
        yield
    text = str(error.value)
    assert "\n" not in text
    assert not [word for word in ADVICE if word in text]


@contextmanager
def allowed(*exceptions, seconds=20.0):
    """Expect nothing worse than a mistake of the user's, with little work: others' on a busy machine does not count."""
    start = time.process_time()
    text = ""
    try:
        yield
    except (UserError, *exceptions) as error:
        text = str(error)
    assert "\n" not in text
    assert not [word for word in ADVICE if word in text]
    assert time.process_time() - start < seconds


def heed_ctrl_c():
    """Let a program take SIGINT as if it were typed: what runs in the background of a shell ignores it otherwise."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def most_memory():
    """Return the largest memory of this process so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
