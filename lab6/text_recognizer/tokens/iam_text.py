"""The texts of IAM without its images, from the lists in `ascii` or from the XML files.

It does not import the data modules, so it works where only the recogniser is installed.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path

from defusedxml import ElementTree

from text_recognizer.paths import DOWNLOADED_DIRNAME
from text_recognizer.util import UserError

Source = Path | zipfile.Path
IAM_DIRNAME = DOWNLOADED_DIRNAME / "iam"
FIRST_TEXT_COLUMN = 8  # after the id, the status, the grey level, the box and one more, in both lists


def find_source(name: str | None) -> Source:
    """Return the directory that holds `task`, in a zip file or on disk.

    Raises
    ------
    UserError
        If there is none.
    """
    candidates = [Path(name), IAM_DIRNAME / name] if name else [IAM_DIRNAME / "iamdb.zip", IAM_DIRNAME / "iamdb"]
    for path in candidates:
        if path.is_dir() or zipfile.is_zipfile(path):
            top: Source = path if path.is_dir() else zipfile.Path(zipfile.ZipFile(path))
            for root in (top, top / "iamdb"):
                if (root / "task").is_dir():
                    return root
            raise UserError(f"{path} is not IAM: expected the directory task in it, or in iamdb/ in it")
    raise UserError(
        f"{candidates[0]}: no such zip file or directory. Expected IAM, of which data/raw/iam/readme.md says where it "
        "comes from; `make standin` draws a stand-in for it"
    )


def training_keys(root: Source) -> set[str]:
    """Return the ids of the training lines, such as a01-000u-00."""
    filename = root / "task" / "trainset.txt"
    if not filename.is_file():
        raise UserError(f"{filename}: no such file. Expected the ids of IAM's training lines")
    return set(filename.read_text(encoding="utf-8").split())


def text_entries(root: Source, use_words: bool) -> Iterator[tuple[str, str]]:
    """Yield the id of the line and the text of each line, or of each of its words.

    The lists of the database, ascii/lines.txt and ascii/words.txt, come first: they separate a comma from the word
    before it. The labs' iamdb.zip may lack them; then the words are those between the spaces of the XML's lines.
    """
    filename = root / "ascii" / ("words.txt" if use_words else "lines.txt")
    if filename.is_file():
        yield from _from_list(filename, skip_errors=use_words)
        return
    for key, text in _from_xml(root):
        yield from ((key, word) for word in text.split()) if use_words else [(key, text)]


def _from_list(filename: Source, skip_errors: bool) -> Iterator[tuple[str, str]]:
    for number, row in enumerate(filename.read_text(encoding="utf-8").split("\n"), start=1):
        if not row.strip() or row.startswith("#"):
            continue
        columns = row.split()
        if len(columns) <= FIRST_TEXT_COLUMN or columns[0].count("-") < 2:
            raise UserError(f"{filename}, row {number}: {row[:40]!r} has no text: expected id, status, numbers, text")
        if not (skip_errors and columns[1] == "err"):
            yield "-".join(columns[0].split("-")[:3]), " ".join(columns[FIRST_TEXT_COLUMN:])


def _from_xml(root: Source) -> Iterator[tuple[str, str]]:
    if not (root / "xml").is_dir():
        raise UserError(f"{root} has no texts: expected ascii/lines.txt and ascii/words.txt, or xml/*.xml")
    files: list[Source] = sorted((root / "xml").iterdir(), key=lambda path: path.name)
    for filename in files:
        if not filename.name.endswith(".xml"):
            continue
        try:
            form = ElementTree.fromstring(filename.read_bytes())
        except (ElementTree.ParseError, ValueError) as error:
            raise UserError(f"{filename} is not the XML of a form ({error})") from None
        for line in form.iterfind("handwritten-part/line"):
            # The files are escaped twice, so that the parser leaves &quot; in the text.
            yield line.get("id", ""), (line.get("text") or "").replace("&quot;", '"')
