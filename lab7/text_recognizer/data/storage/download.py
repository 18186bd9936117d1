"""Downloads a data file and checks its SHA-256: the file is whole and verified, or does not exist.

`data/raw/<set>/metadata.toml` names the file and the SHA-256 of the official one. A file that already lies in
`data/downloaded/<set>/` was either accepted here or put there by the user; the user's own file is used as it is. A
stand-in that lies there is replaced.
"""

import hashlib
import time
import tomllib
from collections.abc import Sequence
from functools import cache
from http.client import HTTPException
from pathlib import Path
from typing import IO

from rich.progress import Progress

from text_recognizer.data.storage.stand_in import STAND_IN, is_stand_in
from text_recognizer.util import UserError, sha256_of, write_atomically
from text_recognizer.web import WebFile, reason_of

MAX_BYTES = 4_000_000_000  # the largest set, EMNIST, has 0.7
MAX_SECONDS = 4 * 3600
SLOWEST, AFTER_SECONDS = 1000, 60  # bytes per second, measured from this many seconds on: a slower download is stopped


def read_metadata(filename: Path) -> dict:
    """Read a data set's metadata.toml."""
    with filename.open("rb") as file:
        return tomllib.load(file)


def find_or_download(filename: Path, sha256: str, urls: Sequence[str], alternative: str = "") -> Path:
    """Return `filename`, after downloading it from the first of `urls` that gives the right file.

    Parameters
    ----------
    filename
        Where the file lies or is to lie.
    sha256
        Hash of the official file. A download that differs is not accepted; a file of the user's own may differ.
    urls
        Addresses, tried in turn.
    alternative
        What a person can do instead, for the end of the error message.

    Raises
    ------
    UserError
        If the file is an HTML page, or is missing or a stand-in and no address gives it.
    """
    if filename.exists() and not is_stand_in(filename):
        report_own_file(filename, sha256)
        return filename
    failures = []
    for url in urls:
        try:
            _download(url, filename, sha256)
            return filename
        except (OSError, HTTPException, UserError) as error:
            failures.append(f"{url} ({reason_of(error)})")
    what = f"a {STAND_IN}, which stays: the real one" if filename.exists() else "missing and"
    raise UserError(
        f"{filename.name} is {what} could not be downloaded. Tried: {'; '.join(failures)}. "
        f"Get it on a machine with a network and put it into {filename.parent}. {alternative}".rstrip()
    )


@cache
def report_own_file(filename: Path, sha256: str) -> None:
    """Print the hash of a user's file unless it is the official one; refuse a saved web page."""
    with filename.open("rb") as file:
        _refuse_html(file.read(1024), str(filename))
    found = sha256_of(filename)
    if found != sha256:
        print(f"{filename}: not the official file, used as it is (SHA-256 {found})")


def _refuse_html(head: bytes, name: str) -> None:
    """Refuse a web page: hosts that no longer have a file answer with one, and with status 200."""
    if head.lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise UserError(f"{name} is an HTML page, not a data file: delete it and get the file itself")


def _download(url: str, filename: Path, sha256: str) -> None:
    with WebFile(url, MAX_SECONDS, MAX_BYTES) as source, write_atomically(filename) as file:
        num_bytes, found = _copy(source, file)
        if source.length is not None and num_bytes < source.length:
            raise UserError(f"truncated: {num_bytes:,} of {source.length:,} bytes came")
        if found != sha256:
            raise UserError(f"not the official file: SHA-256 {found}, expected {sha256}")


def _copy(source: WebFile, file: IO[bytes]) -> tuple[int, str]:
    """Copy a file from the web under a progress bar; return the number of bytes and their SHA-256."""
    digest, num_bytes, start = hashlib.sha256(), 0, time.monotonic()
    with Progress(transient=True) as progress:
        task = progress.add_task(f"Downloading {source.url.rsplit('/', 1)[-1]}", total=source.length or None)
        for chunk in source:
            if num_bytes == 0:
                _refuse_html(chunk[:1024], "the answer")
            file.write(chunk)
            digest.update(chunk)
            num_bytes += len(chunk)
            seconds = time.monotonic() - start
            if seconds > AFTER_SECONDS and num_bytes < SLOWEST * seconds:
                raise UserError(f"too slow: {num_bytes:,} bytes in {seconds:.0f} seconds")
            progress.advance(task, len(chunk))
    return num_bytes, digest.hexdigest()
