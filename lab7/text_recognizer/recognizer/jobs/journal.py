"""Keeps each page of a long job as soon as it is read, so that after a kill the job goes on where it was.

The journal is a file of lines of JSON: first what the job was asked for, then one line a page, last that it is done.
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
    """What a job has read so far.

    Parameters
    ----------
    filename
        The file.
    settings
        What changes a reading: a journal of a job with others is refused.
    resume
        Go on with what is there. Else a finished journal gives way to a new one, and one that is not is refused, for
        it holds work that somebody may want.

    Raises
    ------
    UserError
        If there is a journal that does not fit.
    """

    def __init__(self, filename: Path, settings: dict[str, Any], resume: bool) -> None:
        self.filename, self.done = filename, dict[str, PageResult]()
        head = {"format": FORMAT, "settings": settings}
        lines, length = _read_lines(filename)
        if lines and resume and lines[0] != head:
            raise UserError(
                f"{filename}: is of a job with other settings: {lines[0].get('settings')}. "
                "Expected the same, or another --output"
            )
        if lines and not resume and lines[-1] != FINISHED:
            raise UserError(
                f"{filename}: {len(lines) - 1} pages of a job that was broken off. Add --resume to go on with it, or "
                "delete this file to begin anew"
            )
        filename.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[str] = filename.open("a" if lines and resume else "w", encoding="utf-8")
        if lines and resume:
            self._file.truncate(length)  # what was half written when the job was killed
            self.done = dict(_page_of(line, filename) for line in lines[1:] if "key" in line)
        else:
            self._write(head)

    def add(self, key: str, page: PageResult) -> None:
        """Keep a page. When this returns it is on the disk."""
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
            error.filename = str(self.filename)  # of a full disk the system names none
            raise


def _page_of(line: dict[str, Any], filename: Path) -> tuple[str, PageResult]:
    try:
        return str(line["key"]), page_from_dict(line["page"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(
            f"{filename}: a page in it cannot be read ({error!r}). Delete it, and begin anew with --overwrite"
        ) from None


def _read_lines(filename: Path) -> tuple[list[dict[str, Any]], int]:
    """Return the whole lines of a journal, and their length in bytes; a kill may leave half a line at the end."""
    try:
        content = filename.read_bytes()
    except FileNotFoundError:
        return [], 0
    lines, length = [], 0
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
        raise UserError(f"{filename}: is no journal of a job. Expected another --output, or delete it")
    return lines, length
