"""Brings a data file onto this machine: verified before it is accepted, whole or not there at all.

`data/raw/<set>/metadata.toml` names the file and the SHA-256 of the official one. A file that already lies in
`data/downloaded/<set>/` was either accepted here or put there by the user; the user's own file is used as it is. A
stand-in that lies there is replaced.
"""

import hashlib
import tomllib
import urllib.error
import urllib.request
from collections.abc import Sequence
from functools import cache
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO

from rich.progress import Progress

from text_recognizer.data.stand_in import STAND_IN, is_stand_in
from text_recognizer.util import UserError, sha256_of, write_atomically

TIMEOUT_SECONDS = 20
CHUNK_BYTES = 1 << 20
# Some hosts refuse Python's own User-Agent.
HEADERS = {"User-Agent": "Mozilla/5.0 (text-recogniser labs)"}


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
            failures.append(f"{url} ({_reason(error)})")
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
    """Dead hosts answer with a friendly web page and status 200."""
    if head.lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise UserError(f"{name} is an HTML page, not a data file: delete it and get the file itself")


def _download(url: str, filename: Path, sha256: str) -> None:
    request = urllib.request.Request(url, headers=HEADERS)
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response, write_atomically(filename) as file:
        num_bytes, found = _copy(response, file, url)
        expected = int(response.headers.get("Content-Length") or num_bytes)
        if num_bytes < expected:
            raise UserError(f"truncated: {num_bytes:,} of {expected:,} bytes came")
        if found != sha256:
            raise UserError(f"not the official file: SHA-256 {found}, expected {sha256}")


def _copy(response: HTTPResponse, file: IO[bytes], url: str) -> tuple[int, str]:
    """Copy the response into the file under a progress bar; return the number of bytes and their SHA-256."""
    digest, num_bytes = hashlib.sha256(), 0
    total = int(response.headers.get("Content-Length") or 0) or None
    with Progress(transient=True) as progress:
        task = progress.add_task(f"Downloading {url.rsplit('/', 1)[-1]}", total=total)
        while chunk := response.read(CHUNK_BYTES):
            if num_bytes == 0:
                _refuse_html(chunk[:1024], "the answer")
            file.write(chunk)
            digest.update(chunk)
            num_bytes += len(chunk)
            progress.advance(task, len(chunk))
    return num_bytes, digest.hexdigest()


def _reason(error: Exception) -> str:
    """Return what an exception says, on one line."""
    text = str(error.reason if isinstance(error, urllib.error.URLError) else error)
    return " ".join(text.split()) or type(error).__name__
