"""Stores each page of a long job as soon as it is read, so that the job can be resumed after a kill.

The journal is a file of JSON lines: first the job's settings, then a line for each page, last a note that it is done.
"""

import json
import os
from pathlib import Path
from typing import IO, Any

from text_recognizer.checked_json import check_json, parse_json
from text_recognizer.recognizer.formats.page_result import PageResult
from text_recognizer.recognizer.formats.plain import page_as_dict, page_from_dict
from text_recognizer.util import UserError

FORMAT = 1  # of the file
FINISHED = {"finished": True}


class Journal:
    """The pages that a job has read so far.

    Parameters
    ----------
    filename
        The file.
    settings
        The settings that affect a reading: the journal of a job with other settings is refused.
    resume
        Continue an existing journal. Without it, a finished journal is replaced by a new one, and an unfinished one is
        refused, because it holds work that may be wanted.

    Raises
    ------
    UserError
        If there is a journal that does not fit.
    """

    def __init__(self, filename: Path, settings: dict[str, Any], resume: bool) -> None:
        self.filename = filename
        self.done = dict[str, PageResult]()
        head = {"format": FORMAT, "settings": settings}
        lines, length = _read_lines(filename)
        if lines and resume and lines[0] != head:
            raise UserError(
                f"{filename}: belongs to a job with other settings: {lines[0].get('settings')}. "
                "Expected the same settings, or another --output"
            )
        if lines and not resume and lines[-1] != FINISHED:
            raise UserError(
                f"{filename}: {len(lines) - 1} pages of an interrupted job. Add --resume to continue it, or "
                "delete this file to start again"
            )
        filename.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[str] = filename.open("a" if lines and resume else "w", encoding="utf-8")
        if lines and resume:
            self._file.truncate(length)  # drops a line that was half written when the job was killed
            self.done = dict(_page_of(line, filename) for line in lines[1:] if "key" in line)
        else:
            self._write(head)

    def add(self, key: str, page: PageResult) -> None:
        """Store a page; when this returns, it is on the disk."""
        self.done[key] = page
        self._write({"key": key, "page": page_as_dict(page, exact=True)})

    def finish(self) -> None:
        """Note that all pages are read and all files written."""
        self._write(FINISHED)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        try:
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            error.filename = str(self.filename)  # the system names no file when the disk is full
            raise


def _page_of(line: dict[str, Any], filename: Path) -> tuple[str, PageResult]:
    try:
        return str(line["key"]), page_from_dict(line["page"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(
            f"{filename}: a page in it cannot be read ({error!r}). Delete it, and start again with --overwrite"
        ) from None


def _read_lines(filename: Path) -> tuple[list[dict[str, Any]], int]:
    """Return the complete lines of a journal, and their length in bytes; a kill may leave half a line at the end."""
    try:
        content = filename.read_bytes()
    except FileNotFoundError:
        return [], 0
    lines = []
    length = 0
    for line in content.splitlines(keepends=True):
        try:
            if not line.endswith(b"\n"):
                break
            content_of_line = parse_json(line, filename.name)
            check_json(content_of_line, {str: Any}, filename.name)
        except UserError:
            break
        lines.append(content_of_line)
        length += len(line)
    if content and not (lines and lines[0].keys() == {"format", "settings"}):
        raise UserError(f"{filename}: is not a journal of a job. Expected another --output, or delete it")
    return lines, length
