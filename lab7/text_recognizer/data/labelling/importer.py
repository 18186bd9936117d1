"""Makes a data set of pictures of lines out of an export of labelled pages and the pages.

Letters in this file: H W image.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from text_recognizer.checked_json import parse_json, parse_rows
from text_recognizer.data.labelling import dataturks, label_studio
from text_recognizer.data.labelling.problem import Problems
from text_recognizer.data.labelling.region import Region, cut, lies_outside
from text_recognizer.data.storage.manifest import Manifest, write_manifest
from text_recognizer.images.regions import paper_of
from text_recognizer.images.safe_open import decode, identify
from text_recognizer.util import UserError, sha256_of, write_atomically
from text_recognizer.vocabulary import CHARACTERS
from text_recognizer.whole_directory import write_whole_directory

MAX_CHARACTERS = 87  # of a line: with <S> and <E> they fill the row of labels
DARK = 128  # paper darker than this is a blackboard
UPLOAD_PREFIX = re.compile(r"^[0-9a-f]{8}-")  # Label Studio puts it before the name of an uploaded file
PICTURE_DIRNAMES = ("", "images", "pages", "upload", "media/upload")
SAME_SHAPE = 0.01  # pictures were scaled where their ratio of width to height differs by less


@dataclass(frozen=True)
class Import:
    """What to import.

    Parameters
    ----------
    export
        The file that the labelling tool exported.
    images
        Directory of the pages' pictures; None looks beside the export.
    writer
        Who wrote the pages that do not say it.
    licence
        What others may do with the data.
    leave_out_problems
        Import the rest where some regions have problems; else nothing is imported.
    """

    export: Path
    images: Path | None = None
    writer: str = "me"
    licence: str = "private: not to be passed on"
    leave_out_problems: bool = False


def read_export(filename: Path, problems: Problems) -> list[Region]:
    """Read an export of Label Studio (JSON) or DataTurks (a JSON object a row).

    Raises
    ------
    UserError
        If it is neither.
    """
    try:
        text = filename.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{filename}: no such file. Expected what the labelling tool exported as JSON") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{filename}: cannot be read ({error})") from None
    try:
        content: Any = parse_json(text, str(filename))
    except UserError:
        content = _rows(text, filename)
    if isinstance(content, dict):
        content = [content]
    if not isinstance(content, list) or not content:
        raise UserError(f"{filename}: no pages in it. Expected Label Studio's export in the format JSON, not JSON-MIN")
    is_dataturks = all(isinstance(row, dict) and "content" in row for row in content)
    return list((dataturks.read_pages if is_dataturks else label_studio.read_tasks)(content, problems))


def _rows(text: str, filename: Path) -> list[Any]:
    try:
        return parse_rows(text, filename.name, Any)
    except UserError as error:
        raise UserError(f"{filename}: neither JSON nor rows of JSON ({error})") from None


def import_export(what: Import, dirname: Path, parent: str = "") -> Manifest:
    """Cut out all regions and write a data set: pictures, lines.jsonl and a manifest; the whole set or nothing.

    Raises
    ------
    UserError
        If there are problems, all of them; or nothing to import.
    """
    problems = Problems()
    regions = read_export(what.export, problems)
    with write_whole_directory(dirname) as new:
        rows = [_store(new, *found) for found in _pictures(regions, what, problems)]
        if problems.rows and not (what.leave_out_problems and rows):
            listed = "".join(f"\n  {row}" for row in problems.rows)
            cure = "Mend them in the labelling tool and export again, or add --leave_out_problems"
            raise UserError(f"{what.export}: {len(problems.rows)} problems, so nothing is imported. {cure}:{listed}")
        if not rows:
            raise UserError(f"{what.export}: no labelled regions in it: expected rectangles or polygons with texts")
        with write_atomically(new / "lines.jsonl") as file:
            file.write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())
        source = f"{what.export.name}, SHA-256 {sha256_of(what.export)}"
        manifest = write_manifest(new, what.licence, source, counts_of(rows), parent)
    for row in problems.rows:
        print(f"left out: {row}")
    return manifest


def counts_of(rows: list[dict[str, str]]) -> dict[str, int]:
    """Count the lines, paragraphs, pages and writers of a set."""
    kinds = {f"{kind}s": sum(row["kind"] == kind for row in rows) for kind in ("line", "paragraph")}
    return kinds | {"pages": len({row["page"] for row in rows}), "writers": len({row["writer"] for row in rows})}


def _pictures(regions: list[Region], what: Import, problems: Problems) -> Iterator[tuple[Region, np.ndarray]]:
    """Yield each region without a problem, and its picture; note the others."""
    for region in regions:
        found = list(problems_of(region))
        try:
            page = open_page(find_page(region.page, what))
            if not found and not _fits(page, region):
                found = [f"the picture is {page.shape[1]} x {page.shape[0]}, but was labelled as {region.page_size}"]
            if not found:
                yield replace(region, writer=region.writer or what.writer), cut(page, region)
        except ValueError as error:  # a UserError too: what is wrong with the page is said for each of its regions
            found.append(str(error))
        for row in found:
            problems.add(region.page, region.name, row)


def problems_of(region: Region) -> Iterator[str]:
    """Say what is wrong with a region, apart from its picture."""
    if not region.text:
        yield "the text is empty: expected what is written there"
    lines = region.text.split("\n")
    if region.kind == "line" and len(lines) > 1:
        yield f"its text has {len(lines)} lines: expected one, or the label Paragraph"
    unknown = sorted({character for line in lines for character in line} - set(CHARACTERS))
    if unknown:
        shown = " ".join(map(repr, unknown))
        yield f"{region.text!r} has characters outside the vocabulary: {shown}"
    if any(len(line) > MAX_CHARACTERS for line in lines):
        yield f"a line has {max(map(len, lines))} characters: expected {MAX_CHARACTERS} at most"
    if lies_outside(region.corners):
        (left, top), (right, bottom) = 100 * region.corners.min(axis=0), 100 * region.corners.max(axis=0)
        yield f"the box lies outside the page: {left:.0f} % to {right:.0f} % across, {top:.0f} % to {bottom:.0f} % down"


def find_page(name: str, what: Import) -> Path:
    """Return the picture of a page, also where the tool has put letters of its own before the name.

    Raises
    ------
    UserError
        If it is not there.
    """
    top = what.images or what.export.parent
    names = dict.fromkeys((name, UPLOAD_PREFIX.sub("", name)))
    for dirname in (top / sub for sub in PICTURE_DIRNAMES):
        for candidate in names:
            if (dirname / candidate).is_file():
                return dirname / candidate
    raise UserError(f"its picture is missing: expected {' or '.join(names)} in {top}, or add --images")


@lru_cache(maxsize=1)  # the regions of a page come one after the other
def open_page(filename: Path) -> np.ndarray:
    """Read a page, upright as its EXIF says: (H, W) uint8, dark ink on light paper."""
    try:
        picture = decode(identify(filename.read_bytes(), filename.name), filename.name)
        page = np.asarray(ImageOps.exif_transpose(picture).convert("L"))
    except (ValueError, OSError, SyntaxError) as error:
        raise UserError(f"{filename.name} is no whole picture ({error})") from None
    return page if paper_of(page) >= DARK else 255 - page


def _fits(page: np.ndarray, region: Region) -> bool:
    """Tell whether a page is the one that was labelled, perhaps scaled since."""
    if region.page_size is None:
        return True
    (height, width), (labelled_width, labelled_height) = page.shape, region.page_size
    return abs(width * labelled_height / (height * labelled_width) - 1) < SAME_SHAPE


def _store(dirname: Path, region: Region, picture: np.ndarray) -> dict[str, str]:
    """Write the picture of a region; return its row of lines.jsonl."""
    safe = re.sub(r"[^\w.-]+", "_", f"{Path(region.page).stem}-{region.name}")
    name = f"{region.kind}s/{safe}.png"
    while (dirname / name).exists():  # pages that differ in their suffix alone
        name = name.removesuffix(".png") + "_.png"
    (dirname / name).parent.mkdir(exist_ok=True)
    Image.fromarray(picture).save(dirname / name)
    return {"image": name, "page": region.page, "writer": region.writer, "kind": region.kind, "text": region.text}
