"""Whole lines of real handwriting, to write on drawn pictures that the line model is trained on.

Real lines do not tell where their words are, so each is written as it is, like one long word.

Letters in this file: H W image.
"""

import zipfile
from collections.abc import Iterator

import numpy as np

from text_recognizer.data.copiste_lines import find_copiste
from text_recognizer.data.iam import IAM
from text_recognizer.data.iam_lines import crops_of
from text_recognizer.data.world.copiste_hands import FEWEST, SHORTEST, lines_by_writer, picture_of, written_in
from text_recognizer.handwriting.world.written import Written
from text_recognizer.images.constants import INK
from text_recognizer.images.regions import paper_of

MARGIN = 4  # pixels of paper around a line


def whole_lines_of_iam(split: str) -> list[tuple[Written, ...]]:
    """Return the lines of each form of a split of IAM, for research only."""
    iam = IAM()
    return _of_hands(tuple(_of_form(iam, form_id)) for form_id in iam.splits[split])


def whole_lines_of_copiste(split: str) -> list[tuple[Written, ...]]:
    """Return the lines of each of Copiste's writers of a split."""
    with zipfile.ZipFile(find_copiste()) as archive:
        return _of_hands(
            tuple(_written((picture_of(archive, line.image), line.text) for line in lines))
            for lines in lines_by_writer(split)
        )


def _of_form(iam: IAM, form_id: str) -> Iterator[Written]:
    yield from _written((image, line.text) for line, image, _ in crops_of(iam, [iam.form(form_id)]))


def _written(lines: Iterator[tuple[np.ndarray, str]]) -> Iterator[Written]:
    """Yield lines, white ink on black, as they were written; those whose baseline is not found are left out."""
    for image, text in lines:
        line = (
            written_in(np.pad(image, MARGIN, constant_values=paper_of(image)), text) if len(text) >= SHORTEST else None
        )
        if line is not None:
            yield as_one_word(line, text)


def as_one_word(line: Written, text: str) -> Written:
    """Return a line that is never divided."""
    columns = np.flatnonzero((line.ink > INK).any(axis=0))
    ends = np.array([[columns[0], columns[-1] + 1]], np.float32) if len(columns) else line.places[[0]]
    return line._replace(words=(text,), places=ends)


def _of_hands(hands: Iterator[tuple[Written, ...]]) -> list[tuple[Written, ...]]:
    return [hand for hand in hands if len(hand) >= FEWEST]
