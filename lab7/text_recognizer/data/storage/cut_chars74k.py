"""Reduces Chars74K's pictures to EMNIST's size and writes them in EMNIST's file format.

    python -m text_recognizer.data.storage.cut_chars74k English/Hnd/Img

The names of the pictures hold class and writer: img011-003.png is the third writer's A.

Letters in this file: N images, H W image.
"""

import gzip
import re
import struct
import sys
from pathlib import Path

import cv2
import numpy as np

from text_recognizer.data.characters import DIRNAME, NAME
from text_recognizer.images.constants import WHITE
from text_recognizer.images.one_character import SIDE
from text_recognizer.images.safe_open import read_grey
from text_recognizer.util import UserError, write_atomically

PICTURE = re.compile(r"img(\d{3})-(\d{3})\.png")
TEST_WRITERS = range(46, 56)  # the last ten of 55
BORDER = 2  # pixels of black around the ink, as in EMNIST


def cut(picture: np.ndarray) -> np.ndarray:
    """Reduce a picture (H, W) uint8, dark on light, to (28, 28), white on black, as EMNIST's authors did.

    The ink's square is blurred, so that thin strokes survive the reduction (Cohen, Afshar, Tapson and van Schaik,
    "EMNIST: an extension of MNIST to handwritten letters", 2017, section II).
    """
    ink = WHITE - picture
    x, y, width, height = cv2.boundingRect(cv2.threshold(ink, WHITE // 2, WHITE, cv2.THRESH_BINARY)[1])
    if width == 0:
        raise UserError("a picture without ink: expected a dark character on light paper")
    side = max(width, height)
    square = np.zeros((side, side), np.uint8)
    left, top = (side - width) // 2, (side - height) // 2
    square[top : top + height, left : left + width] = ink[y : y + height, x : x + width]
    inner = SIDE - 2 * BORDER
    blurred = cv2.GaussianBlur(square, (0, 0), max(0.5, side / inner / 2))
    small = cv2.resize(blurred, (inner, inner), interpolation=cv2.INTER_AREA)
    small = np.round(small * (WHITE / max(1, int(small.max())))).astype(np.uint8)
    return np.pad(small, BORDER)


def write_sets(picture_dirname: Path) -> None:
    """Write the training and the test set from the pictures below a directory."""
    found = [
        (path, match) for path in sorted(picture_dirname.rglob("*.png")) if (match := PICTURE.fullmatch(path.name))
    ]
    if not found:
        raise UserError(f"{picture_dirname}: no pictures such as img001-001.png. Expected Chars74K's English/Hnd/Img")
    for split in ("train", "test"):
        chosen = [(path, int(one[1]) - 1) for path, one in found if (int(one[2]) in TEST_WRITERS) == (split == "test")]
        if not chosen:
            raise UserError(f"{picture_dirname}: no pictures of the {split} writers. Expected all 55 of each class")
        images = [cut(read_grey(path.read_bytes(), str(path))) for path, _ in chosen]
        labels = np.array([label for _, label in chosen])
        arrays = {"images-idx3": np.stack(images).swapaxes(1, 2), "labels-idx1": labels}
        for what, array in arrays.items():
            with write_atomically(DIRNAME / NAME.format(split=split, what=what)) as file:
                file.write(gzip.compress(idx_bytes(array)))
        print(f"{split}: {len(chosen):,} characters in {DIRNAME}")


def idx_bytes(array: np.ndarray) -> bytes:
    """Return an array of bytes in the idx format; see `idx.py`."""
    return struct.pack(f">BBBB{array.ndim}i", 0, 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    argv = sys.argv[1:] if argv is None else argv
    if argv in (["--help"], ["-h"]):
        print(__doc__)
        return
    if len(argv) != 1 or argv[0].startswith("-"):
        sys.exit(f"error: {' '.join(argv) or 'nothing'}: expected one directory, such as English/Hnd/Img")
    try:
        write_sets(Path(argv[0]))
    except (UserError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
