"""Recognises stand-ins, which `make standin` draws where real data is not available.

A stand-in has the format of the official file and is read by the same code. The mark is in the file itself: a zip file
contains STAND-IN.txt, and so does the directory that it unpacks to; a gzip file has the mark in its header, as the
original name. So a real file that replaces it is never taken for a stand-in.
"""

import zipfile
from pathlib import Path
from typing import IO

from text_recognizer.data.storage.archives import DAMAGED

STAND_IN = "STAND-IN"
MAX_BYTES = 10_000  # of a marker
MARKER_NAME = f"{STAND_IN}.txt"
NOTICE = f"{STAND_IN}, drawn by the labs' handwriting engine: no result on it tells how well real handwriting is read"
ADVICE = "`make standin` draws a stand-in for it, which every result then says"
GZIP_MAGIC, GZIP_FLAGS, GZIP_HAS_NAME, GZIP_NAME = b"\x1f\x8b", 3, 8, 10  # RFC 1952: where a header has what


def is_stand_in(filename: Path) -> bool:
    """Tell whether a file or directory exists and is a stand-in."""
    return marker_of(filename) != ""


def marker_of(filename: Path) -> str:
    """Return the text of a stand-in's mark; an empty text for any other file, and for one that cannot be read."""
    try:
        text = _in_directory(filename) if filename.is_dir() else _in_file(filename)
    except (ValueError, *DAMAGED):
        return ""  # missing or damaged: reading the data gives the error
    return text if text.startswith(STAND_IN) else ""


def _in_directory(dirname: Path) -> str:
    marker = dirname / MARKER_NAME
    if not marker.is_file():
        return ""
    with marker.open("rb") as file:
        return _start(file)


def _in_file(filename: Path) -> str:
    with filename.open("rb") as file:
        head = file.read(1024)
    if head.startswith(GZIP_MAGIC):
        return head[GZIP_NAME:].split(b"\0")[0].decode("latin-1") if head[GZIP_FLAGS] == GZIP_HAS_NAME else ""
    if filename.suffix != ".zip":
        return ""
    with zipfile.ZipFile(filename) as archive:
        names = [name for name in archive.namelist() if name.rpartition("/")[2] == MARKER_NAME]
        if not names:
            return ""
        with archive.open(names[0]) as member:
            return _start(member)


def _start(file: IO[bytes]) -> str:
    """Return the text of a mark; no mark of ours is longer than MAX_BYTES."""
    return file.read(MAX_BYTES).decode("utf-8", errors="replace")
