"""Reads a file from a path, a URL or the address of a bucket, with a time limit and a size limit.

The class, the command and the page in the browser all use it. The service fetches no addresses.
"""

import threading
from pathlib import Path
from typing import Any

import smart_open

from text_recognizer.util import UserError
from text_recognizer.web import WebFile, reason_of

TIME_LIMIT = 30.0  # seconds for a whole file
MAX_BYTES = 300_000_000  # a page scanned in colour with 16 bit at 600 dpi has 210 million
WEB = ("http://", "https://")
CHUNK = 1 << 21  # bytes: more than arrives at a time
BUCKETS = ("s3://", "gs://", "azure://")  # smart_open has more schemes; some of them log in to other machines


def read_within(location: str, seconds: float, max_bytes: int | None = None) -> bytes:
    """Read a file within a time limit; of a file that is too large, read one byte more than allowed.

    Parameters
    ----------
    location
        A path, a URL or the address of a bucket.
    seconds
        The time limit.
    max_bytes
        The size limit; MAX_BYTES if None.

    Raises
    ------
    UserError
        If it cannot be read, or does not arrive in time.
    """
    limit = MAX_BYTES if max_bytes is None else max_bytes
    if location.startswith(WEB):
        return _from_web(location, seconds, limit)
    if "://" in location and not location.startswith(BUCKETS) and not Path(location).exists():
        raise UserError(
            f"{one_line(location)}: cannot be read (unknown kind of address). Expected a path, or an address that "
            f"begins with {', '.join((*WEB, *BUCKETS))}"
        )
    return _in_time(location, seconds, limit)


def _from_web(location: str, seconds: float, limit: int) -> bytes:
    content = bytearray()
    try:
        with WebFile(location, seconds, limit + CHUNK) as file:
            for chunk in file:
                content += chunk
                if len(content) > limit:
                    break  # the caller reports that it is too large
    except Exception as error:  # the network raises exceptions of many classes
        raise UserError(f"{one_line(location)}: cannot be read ({reason_of(error)})") from None
    return bytes(content[: limit + 1])


def _in_time(location: str, seconds: float, limit: int) -> bytes:
    """Read in a thread, which is abandoned when the time is over, because a network drive may hang."""
    results: list[bytes | Exception] = []

    def read() -> None:
        try:
            # Nothing is decompressed, whatever the suffix: image formats have their own compression.
            source: Any = location if location.startswith(BUCKETS) else Path(location)
            with smart_open.open(source, "rb", compression="disable") as file:
                results.append(file.read(limit + 1))
        except Exception as error:  # of a file system or a cloud's package
            results.append(error)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(seconds)
    if not results:
        raise UserError(f"{one_line(location)}: did not answer within {seconds:g} seconds")
    if isinstance(results[0], Exception):
        raise UserError(f"{one_line(location)}: cannot be read ({_reason(results[0])})") from None
    return results[0]


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split()) or type(error).__name__


def one_line(name: str) -> str:
    """Return a name for a message: on one line, and without bytes that are not text."""
    shown = name.encode("utf-8", "backslashreplace").decode()
    return shown if shown.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in shown)
