"""IAM-OnDB: English sentences written on a whiteboard, as strokes of the pen and not as images.

Read from the two archives that its authors offer, or from `strokes.npz` and `lines.jsonl`, which hold the same in two
per cent of the room (data/raw/iam_ondb/readme.md says how they are laid out). IAM-OnDB is for non-commercial research
only: never publish what it holds (Liwicki and Bunke, "IAM-OnDB - an On-Line English Sentence Database Acquired from
Handwritten Text on a Whiteboard", 2005).

Letters in this file: P points, N strokes, L lines.
"""

import re
import tarfile
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple, TypeVar

import numpy as np
from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from text_recognizer.checked_arrays import BadArrays, Expected, read_arrays
from text_recognizer.checked_json import parse_rows
from text_recognizer.data.storage.download import read_metadata
from text_recognizer.data.storage.stand_in import ADVICE, is_stand_in
from text_recognizer.handwriting.traces import Trace
from text_recognizer.paths import DOWNLOADED_DIRNAME, RAW_DIRNAME
from text_recognizer.util import UserError

METADATA = read_metadata(RAW_DIRNAME / "iam_ondb" / "metadata.toml")
LICENCE = METADATA["licence"]
DIRNAME = DOWNLOADED_DIRNAME / "iam_ondb"
ARCHIVES = tuple(DIRNAME / METADATA[part] for part in ("strokes", "texts"))
ARRAYS = DIRNAME / "strokes.npz", DIRNAME / "lines.jsonl"
LAYOUT = "data/raw/iam_ondb/readme.md says how it is laid out"
ROW = {"image": str, "text": str}  # of lines.jsonl
STORED = {  # in strokes.npz
    "delta": Expected("iu", 2),
    "form_height": Expected("fiu", 1),
    "ids": Expected("U", 1),
    "stroke_len": Expected("iu", 1),
    "strokes_per_line": Expected("iu", 1),
}
SEED = 31  # shares the real sources, and a stand-in's first ten, out evenly
DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, KeyError, TypeError, ValueError, IndexError)
ID = re.compile(r"([a-z]\d\d-\d\d\d[a-z]?)-(\d\d+)")
Content = TypeVar("Content")
CONTRACTIONS = r"(s|m|re|ll|ve|d|t|em)\b"


class OnlineLine(NamedTuple):
    """A recorded line: its id, its text, and its strokes."""

    id: str
    text: str
    trace: Trace


def find_iam_ondb() -> tuple[Path, Path]:
    """Return the files to read: the user's archives, or else the arrays and their list.

    Raises
    ------
    UserError
        If neither pair is there.
    """
    for pair in (ARCHIVES, ARRAYS):
        if all(filename.is_file() for filename in pair):
            return pair
    wanted = " or ".join(f"{first.name} and {second.name}" for first, second in (ARCHIVES, ARRAYS))
    raise UserError(
        f"IAM-OnDB is missing and is not downloaded for you: put {wanted} into {DIRNAME}; {LAYOUT}. {ADVICE}"
    )


def has_iam_ondb() -> bool:
    """Tell whether the data is present."""
    return any(all(filename.is_file() for filename in pair) for pair in (ARCHIVES, ARRAYS))


def iam_ondb_is_stand_in() -> bool:
    """Tell whether the data is a stand-in."""
    return has_iam_ondb() and any(is_stand_in(filename) for filename in find_iam_ondb())


def read_iam_ondb(files: tuple[Path, Path]) -> list[OnlineLine]:
    """Read all lines, in the order of their ids.

    Raises
    ------
    UserError
        If a file is damaged or laid out otherwise.
    """
    read = read_recorded if files[0].suffix == ".npz" else read_archives
    try:
        lines = sorted(read(*files), key=lambda line: line.id)
    except (OSError, BadArrays, *DAMAGED, ElementTree.ParseError, DefusedXmlException) as error:
        names = f"{files[0]} and {files[1].name}"
        raise UserError(f"{names} are no whole copy of IAM-OnDB's strokes ({error!r}); {LAYOUT}") from None
    if not lines:
        raise UserError(f"{files[0]} holds no line; {LAYOUT}")
    return lines


def read_recorded(strokes: Path, texts: Path) -> Iterator[OnlineLine]:
    """Yield the lines of `strokes.npz` and `lines.jsonl`, which have the same order."""
    rows, arrays = parse_rows(texts.read_bytes(), texts.name, ROW), read_arrays(strokes, STORED)
    steps, heights, ids = arrays["delta"].astype(np.int64), arrays["form_height"], arrays["ids"]
    # The lengths are stored in 16 bits: their sums would not fit.
    lengths, counts = (arrays[name].astype(np.int64) for name in ("stroke_len", "strokes_per_line"))
    if not len(rows) == len(ids) == len(counts) == len(heights) or lengths.sum() != len(steps):
        raise ValueError(f"{len(rows)} texts, {len(counts)} lines, {lengths.sum()} of {len(steps)} points")
    first_stroke, ends = 0, np.cumsum(lengths)
    for row, line_id, count, height in zip(rows, ids.tolist(), counts.tolist(), heights.tolist(), strict=True):
        if not row["image"].startswith(line_id):
            raise ValueError(f"the text of {row['image']} beside the strokes of {line_id}")
        here = slice(first_stroke, first_stroke := first_stroke + count)
        start, stop = ends[here][0] - lengths[here][0], ends[here][-1]
        points = np.cumsum(steps[start:stop], axis=0).astype(np.float32)
        yield OnlineLine(line_id, row["text"], Trace(tuple(np.split(points, ends[here][:-1] - start)), height))


def read_archives(strokes: Path, texts: Path) -> Iterator[OnlineLine]:
    """Yield the lines of the official archives, of XML files and text files; lines without a text are left out."""
    lines_of = dict(_each_file(texts, ".txt", read_transcription))
    forms: dict[str, dict[str, tuple[np.ndarray, ...]]] = defaultdict(dict)
    for line_id, drawn in _each_file(strokes, ".xml", read_strokes):
        form, number = _form_and_number(line_id)
        if drawn and number <= len(lines_of.get(form, ())):
            forms[form][line_id] = drawn
    for form, lines in forms.items():
        heights = [max(float(np.ptp(np.concatenate(drawn)[:, 1])), 1.0) for drawn in lines.values()]
        for line_id, drawn in lines.items():
            text = lines_of[form][_form_and_number(line_id)[1] - 1]
            yield OnlineLine(line_id, text, Trace(drawn, float(np.median(heights))))


def read_strokes(file: IO[bytes]) -> tuple[np.ndarray, ...]:
    """Return the strokes of a `lineStrokes` file, each (P, 2) pixels of the whiteboard's sensor; y grows downwards."""
    strokes = []
    for stroke in ElementTree.parse(file).getroot().iter("Stroke"):
        points = [(int(point.attrib["x"]), int(point.attrib["y"])) for point in stroke.iter("Point")]
        if points:
            strokes.append(np.array(points, dtype=np.float32))
    return tuple(strokes)


def read_transcription(file: IO[bytes]) -> list[str]:
    """Return the corrected lines of an `ascii` file: what follows "CSR:", one line each."""
    _, _, corrected = file.read().decode("latin-1").partition("CSR:")
    # In some files such a bar stands where a line ends.
    return [line.strip() for line in corrected.replace("%%%%%%%%%%%", "\n").splitlines() if line.strip()]


def source_of(line_id: str) -> str:
    """Return the text that a line was copied from: the first part of its id, "a01" of "a01-000u-01".

    The writer of a form is unknown. Forms with the same source text stay in one split, so that no text is in two.
    """
    return line_id.split("-")[0]


def split_sources(ids: Iterable[str]) -> dict[str, set[str]]:
    """Assign the source texts to "train", "val" and "test": one in ten each for validation and test.

    The name of a source decides, so lines that are left out do not move others to another split.
    """
    splits: dict[str, set[str]] = {"train": set(), "val": set(), "test": set()}
    for source in {source_of(line_id) for line_id in ids}:
        number = zlib.crc32(f"{source} {SEED}".encode()) % 10
        splits[("val", "test")[number] if number < 2 else "train"].add(source)
    if empty := [split for split, members in splits.items() if not members]:
        raise UserError(f"{DIRNAME}: too few forms for a {empty[0]} split; {LAYOUT}")
    return splits


def tidy(text: str) -> str:
    """Correct a transcription: some have spaces before punctuation marks that are not on the whiteboard."""
    text = re.sub(r" +([.,;:?!)])", r"\1", " ".join(text.split()))
    text = re.sub(rf" ?' ?{CONTRACTIONS}", r"'\1", text)
    text = re.sub(r"\( ", "(", text)
    parts = text.split('"')
    if len(parts) % 2:  # each quotation ends in this line: no space inside its marks
        parts[1::2] = [part.strip() for part in parts[1::2]]
    elif not parts[0].strip():  # the line begins with an open quotation
        parts[1] = parts[1].lstrip()
    elif not parts[-1].strip():  # or it ends with the end of one
        parts[-2] = parts[-2].rstrip()
    return '"'.join(parts).strip()


def _each_file(archive: Path, suffix: str, read: Callable[[IO[bytes]], Content]) -> Iterator[tuple[str, Content]]:
    """Yield the result of `read` for each file of a kind in the archive, with its name without the ending."""
    with tarfile.open(archive) as members:
        for member in members:
            name = Path(member.name)
            if member.isfile() and name.suffix == suffix and not name.name.startswith("."):
                file = members.extractfile(member)
                assert file is not None
                yield name.stem, read(file)


def _form_and_number(line_id: str) -> tuple[str, int]:
    match = ID.fullmatch(line_id)
    if match is None:
        raise ValueError(f"{line_id}: expected a name such as a01-000u-01")
    return match[1], int(match[2])
