"""Ends an interrupted or failed training with one line, which names the checkpoint to resume from."""

import itertools
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pytorch_lightning.utilities.exceptions import MisconfigurationException, SIGTERMException

from text_recognizer.util import UserError

BY_SIGNAL = 128  # a shell adds it to the number of the signal
GO_ON = "If an epoch was finished, --resume goes on from its last.ckpt"
WORKER = "DataLoader worker"  # how PyTorch's message begins if one was killed
KILLED = (
    "error: a process that loads data was killed, perhaps for want of memory. With fewer --num_workers it needs less"
)


@contextmanager
def one_line_endings() -> Iterator[None]:
    """End the program with one line for a signal, a mistake of the user, a full disk or a worker that was killed."""
    try:
        yield
    except (UserError, MisconfigurationException) as error:
        raise SystemExit(f"error: {last_line(error)}") from None
    except ConnectionResetError:  # the worker was killed while it handed over a batch
        raise SystemExit(f"{KILLED}. {GO_ON}") from None
    except OSError as error:
        what = f"{error.filename}: cannot be read or written ({error.strerror})" if error.filename else last_line(error)
        raise SystemExit(f"error: {what}. {GO_ON}") from None
    except RuntimeError as error:
        if WORKER not in str(error):
            raise
        raise SystemExit(f"{KILLED}. {GO_ON}") from None
    except SIGTERMException:  # by itself it would end with status 0, as a finished training does
        _stopped("SIGTERM", signal.SIGTERM)
    except KeyboardInterrupt:
        _stopped("Ctrl-C", signal.SIGINT)
    except SystemExit as error:
        if not isinstance(error.__context__, KeyboardInterrupt):  # Lightning makes the one of the other
            raise
        _stopped("Ctrl-C", signal.SIGINT)


def _stopped(by: str, number: int) -> None:
    print(f"stopped by {by} before the training was finished. {GO_ON}", file=sys.stderr)
    raise SystemExit(BY_SIGNAL + number) from None


def last_line(error: BaseException) -> str:
    """Return the message of an exception, without the traceback of another process that may stand above it."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    if lines and lines[0].startswith("Caught "):
        return lines[-1].partition(": ")[2] or lines[-1]
    return " ".join(" ".join(lines).split()) or type(error).__name__


def claim_version(dirname: Path) -> int:
    """Make the directory of the next version of a run, and return its number; no two runs get the same one.

    Lightning looks for the highest version and makes the directory later, so two runs that start at the same time could
    write into one directory.
    """
    numbers = [int(path.name[8:]) for path in dirname.glob("version_*") if path.name[8:].isdigit()]
    for number in itertools.count(max(numbers, default=-1) + 1):
        try:
            (dirname / f"version_{number}").mkdir(parents=True)
            return number
        except FileExistsError:
            if not (dirname / f"version_{number}").is_dir():
                raise
    raise AssertionError("there is always another number")
