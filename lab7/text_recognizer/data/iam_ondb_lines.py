"""Lines drawn from the pen strokes of IAM-OnDB, differently in each epoch, on the canvas of IAM's lines.

IAM-OnDB is for non-commercial research only: never publish what it holds.

Letters in this file: P points, N strokes, L lines, H W image, S labels in a row.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch
from torch.utils.data import Dataset

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.drawing.on_demand import Example, OnDemandDataset
from text_recognizer.data.iam import IAM, has_iam
from text_recognizer.data.iam_lines import IMAGE_HEIGHT, IMAGE_WIDTH, OUTPUT_LENGTH, fit_to_canvas
from text_recognizer.data.iam_ondb import (
    DIRNAME,
    LICENCE,
    OnlineLine,
    find_iam_ondb,
    has_iam_ondb,
    iam_ondb_is_stand_in,
    read_iam_ondb,
    source_of,
    split_sources,
    tidy,
)
from text_recognizer.data.show.look import look_at
from text_recognizer.data.storage.prepared import (
    fingerprint,
    is_of_stand_in,
    made_from_of,
    open_prepared,
    outlives_source,
    write_prepared,
)
from text_recognizer.data.storage.stand_in import STAND_IN
from text_recognizer.data.util import to_image_tensor
from text_recognizer.handwriting.recorded import draw_plain_line, draw_recorded_line
from text_recognizer.handwriting.traces import Trace
from text_recognizer.paths import PROCESSED_DIRNAME
from text_recognizer.util import UserError
from text_recognizer.vocabulary import INDEX_OF, MAPPING, encode

PREPARED_FILENAME = PROCESSED_DIRNAME / "iam_ondb_lines" / "lines.h5"
LEFT_OUT_FILENAME = DIRNAME / "left_out.csv"  # of training/rank_lines.py; columns id and reason
SPLITS = ("train", "val", "test")
SETTINGS = {"canvas": [IMAGE_HEIGHT, IMAGE_WIDTH], "version": 2}
MIN_LETTERS = 12  # of a line that is compared with IAM's evaluation forms: shorter ones occur anywhere


class IAMOnDBLines(BaseDataModule):
    """Lines of IAM-OnDB (Liwicki and Bunke 2005), for non-commercial research only, in the format of `IAMLines`.

    The pen's strokes are stored. Training lines are drawn from them when they are taken, in each epoch with another
    hand, pen and paper; validation and test lines always with the same ball pen. Needs
    the archives of IAM-OnDB in `data/downloaded/iam_ondb` and prepares `data/processed/iam_ondb_lines/lines.h5`. The
    splits are by the text that was copied. Lines that `training/rank_lines.py` listed, or whose text is in a validation
    or test form of IAM, are left out.

    Parameters
    ----------
    augment
        Draw training lines in other hands, anew in each epoch; if not, all lines are drawn as they were written.
    """

    input_dims = (1, IMAGE_HEIGHT, IMAGE_WIDTH)
    output_dims = (OUTPUT_LENGTH,)
    mapping = MAPPING

    def __init__(self, augment: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.augment = augment
        name = f"{STAND_IN} for IAM-OnDB" if self.is_stand_in else "IAM-OnDB"
        self.source = f"strokes of {name}, in {PREPARED_FILENAME}"

    @property
    def is_stand_in(self) -> bool:
        """Whether IAM-OnDB, or what was made from it, is a stand-in."""
        return iam_ondb_is_stand_in() if has_iam_ondb() else is_of_stand_in(made_from_of(PREPARED_FILENAME))

    def download(self) -> None:
        """Find the user's files: nothing is downloaded."""
        find_iam_ondb()

    def prepare_data(self) -> None:
        """Store strokes and labels of each split unless that is done."""
        prepare_iam_ondb_lines()

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return data sets that draw each line when it is taken."""
        redraws = self.augment and not self.validates_on_train  # --overfit_batches needs the same images in each epoch
        return RecordedLines("train", redraws), RecordedLines("val"), RecordedLines("test")


class RecordedLines(OnDemandDataset):
    """One split's lines, drawn when they are taken.

    Parameters
    ----------
    split
        "train", "val" or "test".
    redraws
        Draw in other hands, anew in each epoch; if not, as the lines were written.
    seed
        As in `OnDemandDataset`.
    """

    def __init__(self, split: str, redraws: bool = False, seed: int | None = None) -> None:
        with open_prepared(PREPARED_FILENAME) as file:
            self.points = file[f"points_{split}"][:]  # (P, 2) uint16: all lines take some 20 MB
            self.ends = np.cumsum(file[f"lengths_{split}"][:].astype(np.int64))  # of strokes among the points
            self.last = np.cumsum(file[f"counts_{split}"][:].astype(np.int64))  # of lines among the strokes
            self.heights = file[f"heights_{split}"][:]
            self.targets = torch.from_numpy(file[f"y_{split}"][:].astype(np.int64))
            self.ids = [line_id.decode() for line_id in file[f"id_{split}"][:]]
        super().__init__(len(self.targets), seed, moves_on=redraws)

    def make(self, index: int, rng: np.random.Generator) -> Example:
        """Draw a line."""
        trace = self.trace(index)
        image = draw_recorded_line(trace, rng) if self.moves_on else draw_plain_line(trace)
        canvas = fit_to_canvas(image, int(np.median(image)))
        return to_image_tensor(torch.from_numpy(canvas)), self.targets[index]

    def trace(self, index: int) -> Trace:
        """Return the strokes of a line."""
        ends = self.ends[self.last[index - 1] if index else 0 : self.last[index]]
        first = 0 if index == 0 else self.ends[self.last[index - 1] - 1]
        points = self.points[first : ends[-1]].astype(np.float32)
        return Trace(tuple(np.split(points, ends[:-1] - first)), float(self.heights[index]))


def prepare_iam_ondb_lines() -> None:
    """Make the prepared file unless it is current; print the licence, what is left out and why."""
    stored = made_from_of(PREPARED_FILENAME)
    if not has_iam_ondb() and outlives_source(stored, **SETTINGS):
        return  # IAM-OnDB was deleted since; what was made from it serves
    files = find_iam_ondb()
    iam = IAM() if has_iam() else None
    left_out = [LEFT_OUT_FILENAME] if LEFT_OUT_FILENAME.exists() else []
    parts = {f"source{i}": file for i, file in enumerate([*files, *left_out])}
    made_from = fingerprint(**parts, iam=iam and iam.fingerprint(), **SETTINGS)
    if stored == made_from:
        return
    print(f"{LICENCE}.")
    lines, reasons = usable_lines(read_iam_ondb(files), read_left_out(), evaluation_text(iam) if iam else "")
    with write_prepared(PREPARED_FILENAME, made_from) as file:
        file.attrs["left_out"] = [f"{reason}: {num}" for reason, num in reasons.most_common()]
        for split, sources in split_sources(line.id for line in lines).items():
            _write_split(file, split, [line for line in lines if source_of(line.id) in sources])
    counts = ", ".join(f"{num:,} ({reason})" for reason, num in reasons.most_common())
    print(f"left out: {counts or 'none'}")


def usable_lines(
    lines: Iterable[OnlineLine], listed: dict[str, str], evaluation: str
) -> tuple[list[OnlineLine], Counter[str]]:
    """Return the lines to use, with tidy texts, and how many are left out for each reason.

    Parameters
    ----------
    lines
        All lines.
    listed
        Reasons by id, for lines that somebody found unfit.
    evaluation
        All that validation and test forms of IAM say, letters only; nothing if there is no IAM.
    """
    usable, reasons = [], Counter[str]()
    for line in lines:
        text = tidy(line.text)
        if reason := listed.get(line.id) or _fault_of(line, text, evaluation):
            reasons[reason] += 1
        else:
            usable.append(line._replace(text=text))
    return usable, reasons


def read_left_out(filename: Path = LEFT_OUT_FILENAME) -> dict[str, str]:
    """Return the reason for which each listed line is left out, by its id; nothing without a list."""
    if not filename.exists():
        return {}
    with filename.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        if not {"id", "reason"} <= set(rows.fieldnames or ()):
            raise UserError(f"{filename}: expected the columns id and reason, found {rows.fieldnames}")
        return {row["id"]: row["reason"] for row in rows}


def evaluation_text(iam: IAM) -> str:
    """Return the letters of IAM's validation and test forms, with a bar between forms."""
    forms = [form_id for split in ("val", "test") for form_id in iam.splits[split]]
    return "|".join(letters_of("".join(line.text for line in iam.form(form_id).lines)) for form_id in forms)


def letters_of(text: str) -> str:
    """Return the letters and digits of a text in small letters, so that marks and spaces make no difference."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _fault_of(line: OnlineLine, text: str, evaluation: str) -> str:
    """Return why a line cannot be used, or an empty text."""
    letters = letters_of(text)
    if not text or len(text) > OUTPUT_LENGTH - 2:
        return "no text, or more than fits"
    if set(text) - INDEX_OF.keys():
        return "characters outside the vocabulary"
    if len(letters) >= MIN_LETTERS and letters in evaluation:
        return "text in a validation or test form of IAM"
    if np.ptp(line.trace.points, axis=0).max() > np.iinfo(np.uint16).max:
        return "strokes beyond the whiteboard"
    return ""


def _write_split(file: h5py.File, split: str, lines: list[OnlineLine]) -> None:
    """Write the strokes of a split's lines, concatenated; each line's coordinates start at its upper left corner."""
    if not lines:
        raise UserError(f"{DIRNAME}: no line is left for the {split} split")
    points = [line.trace.points - line.trace.points.min(axis=0) for line in lines]
    file.create_dataset(f"points_{split}", data=np.concatenate(points).round().astype(np.uint16))
    lengths = [len(stroke) for line in lines for stroke in line.trace.strokes]
    file.create_dataset(f"lengths_{split}", data=np.array(lengths, dtype=np.uint32))
    file.create_dataset(f"counts_{split}", data=np.array([len(line.trace.strokes) for line in lines], dtype=np.uint32))
    file.create_dataset(f"heights_{split}", data=np.array([line.trace.height for line in lines], dtype=np.float32))
    labels = [encode(line.text, OUTPUT_LENGTH, with_start_end_tokens=True) for line in lines]
    file.create_dataset(f"y_{split}", data=np.array(labels, dtype=np.uint8))
    file.create_dataset(f"id_{split}", data=[line.id for line in lines])
    forms = {line.id.rsplit("-", 1)[0] for line in lines}
    print(f"{split}: {len(lines):,} lines of {len(forms):,} forms")


if __name__ == "__main__":
    look_at(IAMOnDBLines)
