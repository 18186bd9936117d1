"""Puts real characters that are free to get into the layout of EMNIST's matlab.zip, where EMNIST cannot be had.

    python tools/real_characters.py make              # data/downloaded/emnist/matlab.zip, of Chars74K and MNIST
    python tools/real_characters.py letters last.ckpt # the errors of lab 2's ResNet on letters, ignoring case

The classes are EMNIST ByClass's 62, the writers are Chars74K's 55, with as many of MNIST's digits besides. A file in
the archive names its sources, and every result on it repeats them: it is not EMNIST. The second command reads idx files
of letters, such as EMNIST Letters, in data/downloaded/emnist_letters; it ignores case because such files do.
"""

import argparse
import sys
import zipfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lab7"))  # the last lab knows all formats

import torch

from stand_ins.character_sets import mat_bytes
from stand_ins.work import add_member, files
from text_recognizer.data import MNIST, characters, emnist
from text_recognizer.data.storage.idx import read_idx
from text_recognizer.models import ResNet
from text_recognizer.paths import DOWNLOADED_DIRNAME
from text_recognizer.util import UserError

NUM_DIGITS = {"train": 45, "test": 10}  # of MNIST in each class: as many as Chars74K has writers in that split
SOURCE = "Chars74K and MNIST"  # which every result on it says in the place of EMNIST
LETTERS_DIRNAME = DOWNLOADED_DIRNAME / "emnist_letters"
LETTERS_NAME = "emnist-letters-test-{what}-ubyte.gz"
BATCH_SIZE = 256

Split = tuple[np.ndarray, np.ndarray]  # upright images (N, 28, 28) uint8, white on black, and classes (N,) in 0..61


def make(filename: Path) -> None:
    """Write the archive; a file that is there already stays."""
    if filename.exists():
        raise UserError(f"{filename} is there already: move it away first, and data/processed/emnist with it")
    digits = dict(zip(("train", "val", "test"), MNIST().load_splits(), strict=True))
    splits = {}
    for split, num in NUM_DIGITS.items():
        letters = characters._read(split)
        parts = [letters, first_of_each_class(characters._pixels(digits[split]), num)]
        splits[split] = (np.concatenate([images for images, _ in parts]), np.concatenate([y for _, y in parts]))
    with files([filename]) as (file,), zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        add_member(archive, emnist.SOURCE_MEMBER, SOURCE.encode())
        add_member(archive, emnist.MEMBER, mat_bytes(splits))
    for split, (images, labels) in splits.items():
        print(f"{split}: {len(images):,} characters in {len(np.unique(labels))} classes")
    print(f"{filename}: {SOURCE} in EMNIST's layout")


def first_of_each_class(part: Split, num: int) -> Split:
    """Return the first `num` images of each class."""
    images, labels = part
    chosen = np.concatenate([np.flatnonzero(labels == label)[:num] for label in np.unique(labels)])
    return images[chosen], labels[chosen]


def measure_letters(checkpoint: Path, dirname: Path) -> None:
    """Print how many letters of another collection a ResNet of lab 2 reads right, ignoring case."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)["state_dict"]
    images, labels = (read_idx(dirname / LETTERS_NAME.format(what=what)) for what in ("images-idx3", "labels-idx1"))
    images = np.ascontiguousarray(images.swapaxes(1, 2))  # EMNIST's files lie on their sides
    model = ResNet(emnist.EMNIST().config()).eval()
    model.load_state_dict(
        {name.removeprefix("model."): value for name, value in state.items() if name.startswith("model.")}
    )
    with torch.inference_mode():
        x = torch.from_numpy(images)[:, None].float() / 255
        predicted = torch.cat([model(batch).argmax(dim=1) for batch in x.split(BATCH_SIZE)])
    read = [emnist.MAPPING[label].lower() for label in predicted.tolist()]
    references = [chr(ord("a") + label - 1) for label in labels.tolist()]
    num_right = sum(one == other for one, other in zip(read, references, strict=True))
    print(f"{num_right / len(labels):.1%} of {len(labels):,} letters in {len(set(references))} classes, ignoring case")


def main(argv: list[str] | None = None) -> None:
    """Run from the command line; the user's mistakes are one line, not a traceback."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("make")
    letters = actions.add_parser("letters")
    letters.add_argument("checkpoint", type=Path)
    letters.add_argument("--letters_dirname", type=Path, default=LETTERS_DIRNAME)
    args = parser.parse_args(argv)
    try:
        if args.action == "make":
            make(emnist.ZIP_FILENAME)
        else:
            measure_letters(args.checkpoint, args.letters_dirname)
    except (UserError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
