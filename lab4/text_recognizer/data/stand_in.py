"""Stand-ins, which `make standin` draws where real data cannot be had, and how everybody can tell.

A stand-in has the format of the official file, and is read by the same code. That it is one stands in the file itself:
a zip file holds STAND-IN.txt, as does the directory that it unpacks to, and a gzip file has it for the original name in
its header. So a real file in its place is no stand-in, whatever lies beside it.
"""

import zipfile
import zlib
from pathlib import Path

STAND_IN = "STAND-IN"
MARKER_NAME = f"{STAND_IN}.txt"
NOTICE = f"{STAND_IN}, drawn by the labs' handwriting engine: no result on it tells how well real handwriting is read"
ADVICE = "`make standin` draws a stand-in for it, which every result then says"
GZIP_MAGIC, GZIP_FLAGS, GZIP_HAS_NAME, GZIP_NAME = b"\x1f\x8b", 3, 8, 10  # RFC 1952: where a header has what


def is_stand_in(filename: Path) -> bool:
    """Tell whether there is a file or directory of that name, and it is a stand-in."""
    return marker_of(filename) != ""


def marker_of(filename: Path) -> str:
    """Return what a stand-in says of itself; nothing for any other file, and for one that cannot be read."""
    try:
        text = _in_directory(filename) if filename.is_dir() else _in_file(filename)
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error):
        return ""  # missing or damaged: whoever reads the data says so
    return text if text.startswith(STAND_IN) else ""


def _in_directory(dirname: Path) -> str:
    marker = dirname / MARKER_NAME
    return marker.read_text(encoding="utf-8") if marker.is_file() else ""


def _in_file(filename: Path) -> str:
    with filename.open("rb") as file:
        head = file.read(1024)
    if head.startswith(GZIP_MAGIC):
        return head[GZIP_NAME:].split(b"\0")[0].decode("latin-1") if head[GZIP_FLAGS] == GZIP_HAS_NAME else ""
    if filename.suffix != ".zip":
        return ""
    with zipfile.ZipFile(filename) as archive:
        names = [name for name in archive.namelist() if name.rpartition("/")[2] == MARKER_NAME]
        return archive.read(names[0]).decode("utf-8") if names else ""
