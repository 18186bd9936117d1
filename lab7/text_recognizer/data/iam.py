"""The IAM Handwriting Database: pages of English handwriting, with the places and texts of their lines.

It is read straight from `iamdb.zip`, or from the directory that it unpacks to. IAM is for non-commercial research only:
never publish its images.

Letters in this file: H W image.
"""

import hashlib
import json
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from text_recognizer.data.storage.archives import DAMAGED, read_member
from text_recognizer.data.storage.download import read_metadata, report_own_file
from text_recognizer.data.storage.iam_forms import CURE, Form, form_of, parse_pixels
from text_recognizer.data.storage.prepared import is_of_stand_in, made_from_of
from text_recognizer.data.storage.stand_in import ADVICE, NOTICE, STAND_IN, is_stand_in
from text_recognizer.images.safe_open import read_grey
from text_recognizer.paths import DOWNLOADED_DIRNAME, RAW_DIRNAME
from text_recognizer.util import UserError, sha256_of

METADATA = read_metadata(RAW_DIRNAME / "iam" / "metadata.toml")
LICENCE = METADATA["licence"]
NUM_FORMS = METADATA["num_forms"]
ZIP_FILENAME = DOWNLOADED_DIRNAME / "iam" / METADATA["filename"]
UNPACKED_DIRNAME = ZIP_FILENAME.with_suffix("")
TASK_FILES = {
    "train": ("trainset.txt",),
    "val": ("validationset1.txt", "validationset2.txt"),
    "test": ("testset.txt",),
}
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png")
DEFAULT_SCALE = 2.0  # XML pixels to an image's, where a form does not tell its size: the labs' images are halved
Source = Path | zipfile.Path


class IAM:
    """The forms of IAM by their ids, which are sorted, so that no order depends on the file system.

    Parameters
    ----------
    filename
        The zip file or the unpacked directory; found under `data/downloaded/iam` if None.

    Raises
    ------
    UserError
        If there is no IAM, or it is not whole.
    """

    def __init__(self, filename: Path | None = None) -> None:
        self.filename = find_iam() if filename is None else filename
        root = _root_of(self.filename)
        self._xml = _files_in(root / "xml", (".xml",))
        self._images = _files_in(root / "forms", IMAGE_SUFFIXES)
        task = root / "task"  # forms for training only need no lists
        self._tasks = _files_in(task, (".txt",)) if task.is_dir() else {}
        self.form_ids = sorted(self._xml)
        if missing := sorted(self._xml.keys() - self._images.keys()):
            raise UserError(f"{self.filename} lacks the images of {_some(missing)}: expected forms/{missing[0]}.jpg")
        if not self.form_ids:
            raise UserError(f"{self.filename} holds no forms: expected xml/*.xml and forms/*.jpg")

    @property
    def name(self) -> str:
        """The name of the data beside a result; a part of IAM gives other figures than the whole."""
        num = len(self.form_ids)
        if is_stand_in(self.filename):
            return f"{STAND_IN} for IAM ({num:,} forms)"
        return "IAM" if num == NUM_FORMS else f"IAM subset ({num:,} of {NUM_FORMS:,} forms)"

    @property
    def licence(self) -> str:
        """The terms of use."""
        return NOTICE if is_stand_in(self.filename) else LICENCE

    @cached_property
    def splits(self) -> dict[str, list[str]]:
        """The ids of the forms in "train", "val" and "test": each form is in one, and in "train" if in no list."""
        list_of: dict[str, str] = {}
        for name in (name for names in TASK_FILES.values() for name in names):
            for form_id in self._listed(name):
                if (other := list_of.setdefault(form_id, name)) != name:
                    raise UserError(
                        f"{self.filename}: form {form_id} is in {other} and in {name}: expected one of them"
                    )
        splits = {
            split: [form_id for form_id in self.form_ids if list_of.get(form_id, TASK_FILES["train"][0]) in names]
            for split, names in TASK_FILES.items()
        }
        if empty := [split for split, form_ids in splits.items() if not form_ids]:
            names = [f"task/{name}" for name in TASK_FILES[empty[0]]]
            raise UserError(f"{self.filename} has no forms for {empty[0]}: expected ids of its forms in {_some(names)}")
        return splits

    @cached_property
    def scale(self) -> float:
        """The scale from the image to the XML's coordinates: 2 for the halved images of the labs."""
        first = self.form_ids[0]
        width = self._parse(first).get("width")
        if width is None:
            return DEFAULT_SCALE
        # Halving made 1240 of 2479: more than two decimals would be made up.
        return round(parse_pixels(width, f"{self._xml[first]}: width") / self.image(first).shape[1], 2) or DEFAULT_SCALE

    def form(self, form_id: str) -> Form:
        """Read a form's lines."""
        return form_of(self._parse(form_id), form_id, self.scale, str(self._xml[form_id]))

    def image(self, form_id: str) -> np.ndarray:
        """Read a form's image: (H, W) uint8, dark ink on light paper."""
        filename = self._images[form_id]
        try:
            return read_grey(_read(filename), str(filename))
        except UserError as error:
            raise UserError(f"{error}. {CURE}") from None

    def fingerprint(self) -> Any:
        """Return a fingerprint of this copy, for `storage.prepared.fingerprint`."""
        if self.filename.is_file():
            return self.filename
        files = sorted(path for path in self.filename.rglob("*") if path.is_file())
        sizes = [[str(path.relative_to(self.filename)), path.stat().st_size, path.stat().st_mtime_ns] for path in files]
        mark = [STAND_IN] if is_stand_in(self.filename) else []
        return [*mark, self.filename.name, hashlib.sha256(json.dumps(sizes).encode()).hexdigest()]

    def _parse(self, form_id: str) -> Any:
        filename = self._xml[form_id]
        try:
            return ElementTree.fromstring(_read(filename))
        except (ElementTree.ParseError, DefusedXmlException, ValueError, LookupError) as error:
            raise UserError(f"{filename} is not the XML of a form ({error!r}). {CURE}") from None

    def _listed(self, name: str) -> list[str]:
        """Return the ids of the forms in a list of line ids such as a01-000u-03."""
        if Path(name).stem not in self._tasks:
            raise UserError(f"{self.filename} lacks task/{name}: expected {_some(sum(TASK_FILES.values(), ()))}")
        filename = self._tasks[Path(name).stem]
        rows = _read(filename).decode("utf-8", errors="replace").split()
        if wrong := [row for row in rows if row.count("-") != 2]:
            raise UserError(
                f"{filename}: {wrong[0][:40]!r} is not the id of a line. Expected such as a01-000u-03. {CURE}"
            )
        return [row.rpartition("-")[0] for row in rows]

    def __str__(self) -> str:
        sizes = ", ".join(f"{len(form_ids):,} {split}" for split, form_ids in self.splits.items())
        return f"{self.name}: {sizes} forms, in {self.filename}"


def has_iam() -> bool:
    """Tell whether there is a zip file or an unpacked directory."""
    return bool(_found())


def iam_is_stand_in(prepared_filename: Path) -> bool:
    """Tell whether IAM is a stand-in; without IAM, whether a prepared file was made from a stand-in."""
    found = _found()
    return is_stand_in(found[0]) if found else is_of_stand_in(made_from_of(prepared_filename))


def _found() -> list[Path]:
    """Return the zip file and the unpacked directory, as far as they exist, real ones before stand-ins."""
    found = []
    if ZIP_FILENAME.is_file():
        found.append(ZIP_FILENAME)
    if UNPACKED_DIRNAME.is_dir():
        found.append(UNPACKED_DIRNAME)
    return sorted(found, key=is_stand_in)


def find_iam() -> Path:
    """Return the user's zip file or unpacked directory; print the zip's hash unless it is the ancestor course's."""
    found = _found()
    if found and is_stand_in(found[0]):
        return found[0]
    if ZIP_FILENAME in found[:1]:
        sha256, (begins, ends) = sha256_of(ZIP_FILENAME), (METADATA["sha256_begins"], METADATA["sha256_ends"])
        is_official = sha256.startswith(begins) and sha256.endswith(ends)
        report_own_file(ZIP_FILENAME, sha256 if is_official else f"{begins}…{ends}")
    if found:
        return found[0]
    raise UserError(
        f"{ZIP_FILENAME.name} is missing and is not downloaded for you. {LICENCE}. Register at {METADATA['site']} and "
        f"put it into {ZIP_FILENAME.parent}; data/raw/iam/readme.md says how it is laid out. {ADVICE}"
    )


def _root_of(filename: Path) -> Source:
    """Return the directory that holds `xml`, in the zip file or on disk."""
    with _corrupt_is_user_error(filename):
        top: Source = filename if filename.is_dir() else zipfile.Path(zipfile.ZipFile(filename))
    for root in (top, top / "iamdb"):
        if all((root / name).is_dir() for name in ("forms", "xml")):
            return root
    raise UserError(f"{filename} is not IAM: expected the directories forms and xml in it, or in iamdb/ in it")


def _files_in(directory: Source, suffixes: tuple[str, ...]) -> dict[str, Source]:
    """Return the files of a directory by their names without suffix."""
    paths = [path for path in directory.iterdir() if path.name.lower().endswith(suffixes)]
    return {Path(path.name).stem: path for path in paths if not path.name.startswith(".")}


def _read(filename: Source) -> bytes:
    with _corrupt_is_user_error(filename):
        return read_member(filename)


@contextmanager
def _corrupt_is_user_error(filename: Source) -> Iterator[None]:
    try:
        yield
    except DAMAGED as error:
        raise UserError(f"{filename} is truncated or corrupt ({error}). {CURE}") from None


def _some(names: Sequence[str], most: int = 4) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


if __name__ == "__main__":
    try:
        print(IAM())
    except (UserError, OSError) as error:
        sys.exit(f"error: {error}")
