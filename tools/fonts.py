"""Installs the handwriting fonts that the engine of lab 5 writes with.

    python tools/fonts.py install   # the families of tools/fonts/package-lock.json, into data/downloaded/fonts
    python tools/fonts.py table     # write families.csv anew after a change of the lock

The fonts are npm packages, all under the SIL Open Font License 1.1 or the Apache License 2.0. npm fetches them from the
registry that it is set up for, and accepts only what has the hash in the lock.
"""

import csv
import hashlib
import json
import shutil
import sys
from pathlib import Path

REPOSITORY_DIRNAME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY_DIRNAME / "lab7"))  # the last lab knows where data lies

from npm import find_npm, folder_beside, put_in_place, run_npm

from text_recognizer.data.storage.progress import progress
from text_recognizer.handwriting.fonts import index_entry
from text_recognizer.handwriting.hands import FONTS_DIRNAME, INDEX_NAME, Family, describe_hands, read_table
from text_recognizer.util import UserError

LOCK_DIRNAME = Path(__file__).with_name("fonts")
LOCK_NAMES = ("package.json", "package-lock.json")
TABLE_FILENAME = REPOSITORY_DIRNAME / "lab5" / "text_recognizer" / "handwriting" / "families.csv"  # lab 5 owns it
PACKAGES = "node_modules/@fontsource"
LICENCES = ("OFL-1.1", "Apache-2.0")
NPM_ARGS = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
# One family in six is held out, by a hash of its name's first word: families of one designer often share it.
HELD_OUT_SALT, HELD_OUT_SHARE = "b", 6


def install(dirname: Path = FONTS_DIRNAME) -> None:
    """Install all families, or none: what is there is replaced only when the new fonts are complete.

    Raises
    ------
    UserError
        If npm is missing or fails, or the folder cannot be written.
    """
    if is_installed(dirname):
        print(f"The fonts in {dirname} are those of the lock already")
        return
    npm = find_npm("Without fonts the engine writes with Hershey's pen strokes")
    try:
        with folder_beside(dirname) as packages, folder_beside(dirname) as staging:
            _fetch(npm, packages)
            _collect(packages / PACKAGES, staging)
            put_in_place(dirname, staging)
    except OSError as error:
        raise UserError(f"{dirname} cannot be written ({error}): nothing was installed") from error


def is_installed(dirname: Path) -> bool:
    """Tell whether all of the lock's families lie there in the lock's version."""
    stamp = dirname / LOCK_NAMES[1]
    has_index = (dirname / INDEX_NAME).exists() and stamp.exists()
    return has_index and stamp.read_bytes() == (LOCK_DIRNAME / LOCK_NAMES[1]).read_bytes()


def locked_families() -> list[Family]:
    """Return what the lock says of each family; how it looks is only in the table, and is written by hand."""
    packages = json.loads((LOCK_DIRNAME / LOCK_NAMES[1]).read_text())["packages"]
    table, families = read_table(), []
    for path, package in sorted(packages.items()):
        if name := path.removeprefix(f"{PACKAGES}/"):
            look = table[name].look if name in table else "everyday"
            families.append(Family(name, look, package["license"], package["version"], is_held_out(name)))
    return families


def is_held_out(name: str) -> bool:
    """Tell whether a family is kept for validation."""
    digest = hashlib.sha256((HELD_OUT_SALT + name.split("-")[0]).encode()).hexdigest()
    return int(digest, 16) % HELD_OUT_SHARE == 0


def write_table() -> None:
    """Write the table of families from the lock."""
    with TABLE_FILENAME.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["family", *Family._fields[1:]])
        for family in locked_families():
            if family.licence not in LICENCES:
                raise UserError(f"{family.name} is under {family.licence}: expected {' or '.join(LICENCES)}")
            writer.writerow([*family[:-1], "yes" if family.held_out else "no"])
    print(f"{TABLE_FILENAME} is written: `make sync` carries it forward")


def _fetch(npm: str, dirname: Path) -> None:
    for name in LOCK_NAMES:
        shutil.copy(LOCK_DIRNAME / name, dirname)
    print(f"npm fetches {len(locked_families())} families …", flush=True)
    run_npm(npm, NPM_ARGS, dirname)


def _collect(packages: Path, staging: Path) -> None:
    """Move the Latin upright fonts into one folder; measure each, and leave out what cannot write everything."""
    entries = []
    with progress(locked_families(), "Measuring the fonts") as shown:
        for family in shown:
            for source in sorted((packages / family.name / "files").glob(f"{family.name}-latin-[1-5]00-normal.woff2")):
                filename = staging / source.name.replace("-latin-", "-").replace("-normal", "")
                shutil.move(source, filename)
                try:
                    entries.append(index_entry(filename, family.name))
                except UserError as error:
                    print(f"left out: {error}")
                    filename.unlink()
            if licence := next((packages / family.name).glob("LICENSE*"), None):
                shutil.move(licence, staging / f"{family.name}-LICENSE")
    shutil.copy(LOCK_DIRNAME / LOCK_NAMES[1], staging)
    (staging / INDEX_NAME).write_text(json.dumps(entries, indent=1))


def main(argv: list[str]) -> None:
    """Do what the command line asks for."""
    if {"--help", "-h"} & {*argv}:
        print(__doc__)
        return
    actions = {"install": install, "table": write_table}
    if len(argv) != 1 or argv[0] not in actions:
        sys.exit(f"error: expected one of {', '.join(actions)}, got {' '.join(argv) or 'nothing'}")
    try:
        actions[argv[0]]()
    except UserError as error:
        sys.exit(f"error: {error}")
    if argv[0] == "install":
        print(f"{FONTS_DIRNAME}: {describe_hands()}")


if __name__ == "__main__":
    main(sys.argv[1:])
