"""Handwriting that you wrote, photographed and labelled yourself.

    python -m text_recognizer.data.own_handwriting import export.json --images=photographs --writer=anna
    python -m text_recognizer.data.own_handwriting                    # what the newest version holds

Each import is a new version, in a directory of its own: v1, v2 … under data/downloaded/own_handwriting.

Letters in this file: N lines, H W image.
"""

import argparse
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
from torch.utils.data import Dataset

from text_recognizer.checked_json import parse_rows
from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.drawing.augmented import AugmentedDataset
from text_recognizer.data.iam_lines import IMAGE_HEIGHT, IMAGE_WIDTH, OUTPUT_LENGTH, fit_to_canvas
from text_recognizer.data.labelling.importer import Import, import_export
from text_recognizer.data.show.look import look_at
from text_recognizer.data.storage.manifest import Manifest, read_manifest, verify
from text_recognizer.data.storage.prepared import (
    PreparedDataset,
    fingerprint,
    is_current,
    write_images,
    write_prepared,
)
from text_recognizer.data.util import to_image_tensor
from text_recognizer.images.augment import Augment
from text_recognizer.images.regions import paper_of
from text_recognizer.images.safe_open import read_grey
from text_recognizer.paths import DOWNLOADED_DIRNAME, PROCESSED_DIRNAME
from text_recognizer.util import UserError
from text_recognizer.vocabulary import MAPPING, encode

SETS_DIRNAME = DOWNLOADED_DIRNAME / "own_handwriting"
PREPARED_FILENAME = PROCESSED_DIRNAME / "own_handwriting" / "lines.h5"
MODULE = "text_recognizer.data.own_handwriting"  # __name__ is another one when this file is the command
SEED = 42
SHARE = 0.1  # of the writers or pages, for validation; as many for testing
FEWEST = 3  # writers, or else pages, that can be split in three
SPLITS = ("train", "val", "test")
SETTINGS = {"canvas": [IMAGE_HEIGHT, IMAGE_WIDTH], "seed": SEED, "version": 1}


class Row(NamedTuple):
    """One picture of a set: its file, the page and writer it is from, "line" or "paragraph", and its text."""

    image: str
    page: str
    writer: str
    kind: str
    text: str


class OwnHandwriting(BaseDataModule):
    """Lines that you labelled yourself, in the format of `IAMLines`.

    `python -m text_recognizer.data.own_handwriting import` makes them from what a labelling tool exports. The splits
    are by writer where there are three or more; else by page, and a result then says only how well these hands are
    read.

    Parameters
    ----------
    augment
        Change training images at random, differently in each epoch; validation and test images are only scaled.
    own_version
        Which version of the set, such as v1; the newest if null.
    """

    input_dims: tuple[int, ...] = (1, IMAGE_HEIGHT, IMAGE_WIDTH)
    output_dims: tuple[int, ...] = (OUTPUT_LENGTH,)
    mapping = MAPPING

    def __init__(self, augment: bool = True, own_version: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.augment = augment
        self.own_version = own_version
        self.source = "own handwriting: not imported yet"
        if own_version is not None or versions():
            dirname = find_version(own_version)
            self.source = f"own handwriting, {describe(dirname, read_manifest(dirname))}"

    @property
    def prepared_filename(self) -> Path:
        """The file that is prepared."""
        return PREPARED_FILENAME

    def prepare_data(self) -> None:
        """Scale the lines to the canvas unless that is done."""
        prepare_own_lines(find_version(self.own_version))

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return what was prepared; images are read when they are taken."""
        filename = self.prepared_filename
        train, val, test = (PreparedDataset(filename, split, to_image_tensor) for split in SPLITS)
        if self.augment and not self.validates_on_train:  # --overfit_batches needs the same images in each epoch
            return AugmentedDataset(filename, "train", self.augmentation()), val, test
        return train, val, test

    def augmentation(self) -> Augment:
        """Return how training images are changed."""
        return Augment.for_lines()


def versions() -> list[Path]:
    """Return the directories of all versions, the newest last."""
    found = [path for path in SETS_DIRNAME.glob("v*") if re.fullmatch(r"v\d+", path.name) and path.is_dir()]
    return sorted(found, key=lambda path: int(path.name[1:]))


def find_version(name: str | None) -> Path:
    """Return the directory of a version, or of the newest.

    Raises
    ------
    UserError
        If there is none.
    """
    found = versions()
    if not found:
        raise UserError(f"{SETS_DIRNAME} holds no handwriting. Type: python -m {MODULE} import export.json")
    if name is None:
        return found[-1]
    if SETS_DIRNAME / name not in found:
        raise UserError(f"--own_version={name}: expected one of {', '.join(path.name for path in found)}")
    return SETS_DIRNAME / name


def describe(dirname: Path, manifest: Manifest) -> str:
    """Say which version a set is, and how much is in it."""
    counts = ", ".join(f"{num:,} {what}" for what, num in manifest.counts.items())
    return f"{dirname.name} (version {manifest.version}: {counts}; licence: {manifest.licence})"


def read_rows(dirname: Path, kind: str) -> list[Row]:
    """Return the lines or the paragraphs of a set, whose files must be as they were imported.

    Raises
    ------
    UserError
        If the files were changed since, or there are none of this kind.
    """
    if changed := verify(dirname):
        cure = "Import the labels anew, or if you meant it: python -m text_recognizer.data.storage.manifest write"
        raise UserError(f"{dirname} is not as its manifest says: {changed[0]} and {len(changed) - 1} more. {cure}")
    filename = dirname / "lines.jsonl"
    stored = parse_rows(filename.read_bytes(), str(filename), dict.fromkeys(Row._fields, str))
    rows = [Row(*(row[name] for name in Row._fields)) for row in stored]
    if not any(row.kind == kind for row in rows):
        raise UserError(f"{dirname} has no {kind}s: expected regions with the label {kind.capitalize()}")
    return [row for row in rows if row.kind == kind]


def split_rows(rows: list[Row]) -> dict[str, list[Row]]:
    """Share rows out by writer, or by page where there are too few writers; the same in any order of the rows.

    Raises
    ------
    UserError
        If there are too few pages as well.
    """
    unit = "writer" if len({row.writer for row in rows}) >= FEWEST else "page"
    names = sorted({getattr(row, unit) for row in rows})
    if len(names) < FEWEST:
        raise UserError(f"{len(names)} pages: expected {FEWEST} or more, to train, to validate and to test on")
    if unit == "page":
        print(f"Fewer than {FEWEST} writers: split by page. Figures say how well these hands are read, no others")
    shuffled = np.random.default_rng(SEED).permutation(names).tolist()
    num = max(1, round(SHARE * len(names)))
    parts = {"val": set(shuffled[:num]), "test": set(shuffled[num : 2 * num]), "train": set(shuffled[2 * num :])}
    return {split: [row for row in rows if getattr(row, unit) in parts[split]] for split in SPLITS}


def read_picture(dirname: Path, row: Row) -> np.ndarray:
    """Return a picture of a set: (H, W) uint8, white ink on black."""
    try:
        return 255 - read_grey((dirname / row.image).read_bytes(), row.image)
    except (UserError, OSError) as error:
        raise UserError(f"{dirname / row.image} is no whole picture ({error})") from None


def prepare_own_lines(dirname: Path) -> None:
    """Make the prepared file unless it is current."""
    made_from = fingerprint(source=read_manifest(dirname).version, **SETTINGS)
    if is_current(PREPARED_FILENAME, made_from):
        return
    with write_prepared(PREPARED_FILENAME, made_from) as file:
        for split, rows in split_rows(read_rows(dirname, "line")).items():
            labels = [encode(row.text, OUTPUT_LENGTH, with_start_end_tokens=True) for row in rows]
            write_split(file, split, rows, [_canvas(dirname, row) for row in rows], labels)


def write_split(
    file: h5py.File, split: str, rows: list[Row], images: list[np.ndarray], labels: list[list[int]]
) -> None:
    """Write the images (H, W), the labels and the names of some rows, and say how many they are."""
    write_images(file, f"x_{split}", np.stack(images))
    file.create_dataset(f"y_{split}", data=np.array(labels, dtype=np.uint8))
    file.create_dataset(f"id_{split}", data=[row.image for row in rows])
    print(f"{split}: {len(rows):,} {rows[0].kind}s of {len({row.writer for row in rows})} writers")


def _canvas(dirname: Path, row: Row) -> np.ndarray:
    image = read_picture(dirname, row)
    return fit_to_canvas(image, paper_of(image))


def import_set(args: argparse.Namespace) -> Path:
    """Import an export as the next version; return its directory."""
    before = versions()
    dirname = SETS_DIRNAME / f"v{int(before[-1].name[1:]) + 1 if before else 1}"
    what = Import(args.export, args.images, args.writer, args.licence, args.leave_out_problems)
    manifest = import_export(what, dirname, parent=read_manifest(before[-1]).version if before else "")
    print(f"{dirname}: {describe(dirname, manifest)}")
    return dirname


def main(argv: list[str] | None = None) -> None:
    """Run from the command line; the user's mistakes are one line, not a traceback."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    command = parser.add_subparsers(dest="command").add_parser("import", help="make a data set from labelled pages")
    command.add_argument("export", type=Path, help="JSON of Label Studio, or rows of JSON of DataTurks")
    command.add_argument("--images", type=Path, help="directory of the pages' pictures; by default beside the export")
    command.add_argument("--writer", default="me", help="who wrote the pages that do not say it (default: %(default)s)")
    command.add_argument("--licence", default=Import.licence, help="what others may do with it (default: %(default)s)")
    command.add_argument("--leave_out_problems", action="store_true", help="import what has no problem")
    args = parser.parse_args(argv)
    if args.command is None:
        look_at(OwnHandwriting)
        return
    try:
        import_set(args)
    except UserError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
