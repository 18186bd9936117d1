"""Installs the fonts of books, forms and typewriters that drawn pages are printed in.

    python tools/printed_fonts.py   # the families of tools/fonts/printed/package-lock.json, into data/downloaded

They are npm packages under the SIL Open Font License 1.1 or the Apache License 2.0, accepted only with the hash in the
lock. Without them printed text is drawn in the one font that Pillow brings along.
"""

import shutil
import sys
from pathlib import Path

REPOSITORY_DIRNAME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY_DIRNAME / "lab7"))  # the last lab knows where data lies

from fonts import LOCK_NAMES, NPM_ARGS, PACKAGES
from npm import find_npm, folder_beside, put_in_place, run_npm

from text_recognizer.handwriting.world.printed import PRINTED_DIRNAME, find_printed
from text_recognizer.util import UserError

LOCK_DIRNAME = Path(__file__).parent / "fonts" / "printed"
STYLES = ("400-normal", "400-italic", "700-normal")


def install(dirname: Path = PRINTED_DIRNAME) -> None:
    """Install all families, or none: what is there is replaced only when the new fonts are complete.

    Raises
    ------
    UserError
        If npm is missing or fails, or the folder cannot be written.
    """
    npm = find_npm("Without these fonts printed text is drawn in Pillow's own")
    try:
        with folder_beside(dirname) as packages, folder_beside(dirname) as staging:
            for name in LOCK_NAMES:
                shutil.copy(LOCK_DIRNAME / name, packages)
            run_npm(npm, NPM_ARGS, packages)
            for family in sorted((packages / PACKAGES).iterdir()):
                _collect(family, staging)
            put_in_place(dirname, staging)
    except OSError as error:
        raise UserError(f"{dirname} cannot be written ({error}): nothing was installed") from error


def _collect(family: Path, staging: Path) -> None:
    """Copy a family's Latin fonts and its licence."""
    for style in STYLES:
        source = family / "files" / f"{family.name}-latin-{style}.woff2"
        if source.exists():
            shutil.copy(source, staging / f"{family.name}.{style}.woff2")
    if licence := next(family.glob("LICENSE*"), None):
        shutil.copy(licence, staging / f"{family.name}.LICENSE")


def main() -> None:
    """Install, and say what there is now."""
    if {"--help", "-h"} & {*sys.argv[1:]}:
        print(__doc__)
        return
    if len(sys.argv) > 1:
        sys.exit(f"error: expected no arguments, got {' '.join(sys.argv[1:])}")
    try:
        install()
    except UserError as error:
        sys.exit(f"error: {error}")
    num = {split: len({font.family for font in find_printed(split)}) for split in ("train", "val")}
    print(f"{PRINTED_DIRNAME}: {num['train']} printed families to train on, {num['val']} held out for validation")


if __name__ == "__main__":
    main()
