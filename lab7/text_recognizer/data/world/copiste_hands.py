"""Real handwriting for drawn pages: the ink of lines of "Copiste d'un jour" (BAnQ, CC-BY 4.0).

Letters in this file: H W image, N lines.
"""

import zipfile
from collections import defaultdict
from collections.abc import Iterator

import cv2
import numpy as np

from text_recognizer.data.copiste_lines import (
    ZIP_FILENAME,
    CopisteLine,
    find_copiste,
    is_usable,
    read_lines,
    split_writers,
)
from text_recognizer.data.storage.archives import DAMAGED, read_member
from text_recognizer.handwriting.world.written import Written
from text_recognizer.images.augment import STEP
from text_recognizer.images.constants import INK, WHITE
from text_recognizer.images.regions import ink_of
from text_recognizer.images.safe_open import read_grey
from text_recognizer.util import UserError

SLOPES = np.linspace(-0.08, 0.08, 17)  # candidates for the slope of a line
LINES_OF_HAND = 12
SHORTEST = 8  # characters
FEWEST = 3  # lines that a writer must have
CORE_SHARE = 0.5  # of the ink in the densest row: rows with more belong to the core
REACH_SHARE = 0.06  # of the ink in the densest row: rows with more belong to the line
MIN_CORE, MAX_CORE = 0.1, 0.5  # of the picture's height: a core outside this range was not found well


def has_copiste() -> bool:
    """Tell whether the user has the data set."""
    return ZIP_FILENAME.is_file()


def copiste_hands(split: str) -> list[tuple[Written, ...]]:
    """Return the lines of each writer of a split."""
    with zipfile.ZipFile(find_copiste()) as archive:
        hands = (tuple(_cut(archive, lines[:LINES_OF_HAND])) for lines in lines_by_writer(split))
        return [hand for hand in hands if len(hand) >= FEWEST]


def lines_by_writer(split: str) -> list[list[CopisteLine]]:
    """Return the longer lines of each writer of a split, which is that of `CopisteLines`."""
    lines = read_lines(find_copiste())
    writers = split_writers([line for line in lines if is_usable(line.text)])[split]
    by_writer = defaultdict(list)
    for line in lines:
        if line.writer_id in writers and len(line.text) >= SHORTEST:
            by_writer[line.writer_id].append(line)
    return [by_writer[writer] for writer in sorted(by_writer)]


def _cut(archive: zipfile.ZipFile, lines: list[CopisteLine]) -> Iterator[Written]:
    for line in lines:
        written = written_in(picture_of(archive, line.image), line.text)
        if written is not None:
            yield written


def picture_of(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    """Return a picture (H, W) uint8, white ink on black."""
    try:
        return WHITE - read_grey(read_member(archive, name), name)
    except (KeyError, UserError, *DAMAGED) as error:
        raise UserError(f"{archive.filename}: {name} is no whole picture ({error})") from None


def written_in(picture: np.ndarray, text: str) -> Written | None:
    """Find ink, baseline and words in the picture of one line (H, W) uint8, white ink on black.

    The line's slope maximises the energy of its projection profile (W. Postl, 1986). The core of its letters covers the
    rows with at least half as much ink as the densest row.

    Returns
    -------
    Written or None
        None if no core is found, or its height is implausible.
    """
    ink = _clean(ink_of(picture))
    height, width = ink.shape
    slope = max(SLOPES, key=lambda slope: float(_profile(ink, slope).var()))
    profile = cv2.GaussianBlur(_profile(ink, slope)[:, None], (1, 0), 1.0, sigmaY=1.0)[:, 0]
    densest = int(profile.argmax())
    top, bottom = _around(profile > CORE_SHARE * profile.max(), densest)
    first, last = _around(profile > REACH_SHARE * profile.max(), densest)
    if not MIN_CORE * height <= bottom - top <= MAX_CORE * height:
        return None
    places = _words(ink, len(text.split()))
    baseline = bottom + slope * (STEP * np.arange(width // STEP + 2) - width / 2)
    reach = float(max(bottom - first, 1.5 * (bottom - top))), float(max(last - bottom, 0.5 * (bottom - top)))
    if 2 * len(places) < len(text.split()):  # a rule or a stain closes the gaps between words
        return None
    words = tuple(text.split())[: len(places)]
    return Written(ink, baseline.astype(np.float32), float(bottom - top), *reach, 0.1, words, places, False)


def _clean(ink: np.ndarray) -> np.ndarray:
    """Turn the paper's grain black, and stretch the ink to white."""
    dark = max(float(np.percentile(ink, 99.5)), 60.0)
    return cv2.convertScaleAbs(np.maximum(ink, 12) - 12, alpha=WHITE / dark)


def _profile(ink: np.ndarray, slope: float) -> np.ndarray:
    """Return the projection profile along a slope: the ink of each row, (H,)."""
    height, width = ink.shape
    matrix = np.array([[1.0, 0, 0], [-slope, 1, slope * width / 2]])
    return np.asarray(cv2.warpAffine(ink, matrix, (width, height)).mean(axis=1), np.float32)


def _around(is_full: np.ndarray, row: int) -> tuple[int, int]:
    """Return the first row of the run that contains `row`, and the first row behind the run."""
    empty = np.flatnonzero(~is_full)
    before, behind = empty[empty < row], empty[empty > row]
    return (int(before[-1]) + 1 if len(before) else 0), (int(behind[0]) if len(behind) else len(is_full))


def _words(ink: np.ndarray, num: int) -> np.ndarray:
    """Return the start and end of at most `num` words, separated at the widest gaps: (num, 2) float32."""
    full = np.flatnonzero((ink > INK).any(axis=0))
    if not len(full):
        return np.array([[0, ink.shape[1]]], np.float32)
    gaps = np.diff(full)
    cuts = np.sort(np.argsort(gaps)[::-1][: num - 1]) if num > 1 else np.array([], int)
    cuts = cuts[gaps[cuts] > 2]
    starts = np.concatenate([full[:1], full[cuts + 1]])
    ends = np.concatenate([full[cuts], full[-1:]]) + 1
    return np.stack([starts, ends], axis=1).astype(np.float32)
