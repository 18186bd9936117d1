"""Versions of data sets without a server: a list of files and hashes that lies beside them.

    python -m text_recognizer.data.storage.manifest write ../data/downloaded/my_set --licence="CC-BY 4.0" --source="…"
    python -m text_recognizer.data.storage.manifest verify ../data/downloaded/my_set
    python -m text_recognizer.data.storage.manifest diff ../data/downloaded/my_set ../data/downloaded/my_new_set

A version is named after its content: the same files have the same version on every machine, and a changed letter in
one label makes another one.
"""

import argparse
import hashlib
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from text_recognizer.checked_json import check_json, parse_json, parse_rows
from text_recognizer.util import UserError, sha256_of, write_atomically

NAME = "manifest.json"
VERSION_LENGTH = 12  # digits of the hash
SCHEMA = {"version": str, "parent": str, "licence": str, "source": str, "counts": {str: int}, "files": {str: str}}


@dataclass(frozen=True)
class Manifest:
    """What a version of a data set is made of.

    Parameters
    ----------
    version
        Beginning of the hash of all files' names and hashes.
    parent
        The version that this one replaced; empty for the first.
    licence
        What others may do with it.
    source
        Where it comes from.
    counts
        How many of what, such as lines and writers.
    files
        The SHA-256 of each file, by its path in the data set.
    """

    version: str
    parent: str
    licence: str
    source: str
    counts: dict[str, int]
    files: dict[str, str]


def write_manifest(
    dirname: Path, licence: str, source: str, counts: dict[str, int] | None = None, parent: str = ""
) -> Manifest:
    """List the files of a data set, and write the list beside them."""
    files = hashes_of(dirname)
    if not files:
        raise UserError(f"{dirname}: no files. Expected a directory that holds a data set")
    counts = {"files": len(files)} if counts is None else counts
    manifest = Manifest(version_of(files), parent, licence, source, counts, files)
    with write_atomically(dirname / NAME) as file:
        file.write(json.dumps(asdict(manifest), indent=1, ensure_ascii=False).encode())
    return manifest


def read_manifest(dirname: Path) -> Manifest:
    """Read the list of a data set.

    Raises
    ------
    UserError
        If there is none, or it is something else.
    """
    filename = dirname / NAME
    try:
        fields = parse_json(filename.read_bytes(), NAME)
        check_json(fields, SCHEMA, NAME)
        manifest = Manifest(**{key: fields[key] for key in SCHEMA})
        if version_of(manifest.files) != manifest.version:
            raise ValueError("its version is not that of its files")
        return manifest
    except FileNotFoundError:
        raise UserError(f"{filename}: no such file. Write it with: python -m {__spec__.name} write {dirname}") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{filename}: not a manifest ({error}). Restore it, or write it anew") from None


def hashes_of(dirname: Path) -> dict[str, str]:
    """Return the SHA-256 of each file in a directory, by its path there; hidden files and the manifest do not count."""
    files = sorted(path for path in dirname.rglob("*") if path.is_file() and path != dirname / NAME)
    names = {path.relative_to(dirname).as_posix(): path for path in files}
    return {
        name: sha256_of(path) for name, path in names.items() if not any(p.startswith(".") for p in Path(name).parts)
    }


def version_of(files: dict[str, str]) -> str:
    """Return the version of a set of files."""
    text = "".join(f"{name}\0{files[name]}\n" for name in sorted(files))
    return hashlib.sha256(text.encode()).hexdigest()[:VERSION_LENGTH]


def verify(dirname: Path) -> list[str]:
    """Return what differs between a data set and its manifest, a row for each file."""
    return differences(read_manifest(dirname).files, hashes_of(dirname))


def differences(old: dict[str, str], new: dict[str, str]) -> list[str]:
    """Return which files were added, removed and changed."""
    rows = [f"removed  {name}" for name in sorted(old.keys() - new.keys())]
    rows += [f"added    {name}" for name in sorted(new.keys() - old.keys())]
    return rows + [f"changed  {name}" for name in sorted(old.keys() & new.keys()) if old[name] != new[name]]


def diff(old_dirname: Path, new_dirname: Path) -> list[str]:
    """Return what differs between two versions: the labels one by one where they have them, then the files."""
    old, new = read_manifest(old_dirname), read_manifest(new_dirname)
    labels = [_labels(dirname) for dirname in (old_dirname, new_dirname)]
    rows = [f"label    {name}: {labels[0][name]!r} -> {labels[1][name]!r}" for name in sorted(_changed(*labels))]
    rows += [
        f"{key:<8} {getattr(old, key)!r} -> {getattr(new, key)!r}"
        for key in ("licence", "source", "counts")
        if getattr(old, key) != getattr(new, key)
    ]
    return rows + differences(old.files, new.files)


def _labels(dirname: Path) -> dict[str, str]:
    """Return the text of each picture in a set with a lines.jsonl."""
    filename = dirname / "lines.jsonl"
    if not filename.is_file():
        return {}
    rows = parse_rows(filename.read_bytes(), str(filename), {"image": str, "text": str})
    return {row["image"]: row["text"] for row in rows}


def _changed(old: dict[str, str], new: dict[str, str]) -> set[str]:
    return {name for name in old.keys() & new.keys() if old[name] != new[name]}


def run(args: argparse.Namespace) -> None:
    """Do what was asked; end with status 1 where something differs."""
    if args.command == "write":
        parent = read_manifest(args.parent).version if args.parent else ""
        manifest = write_manifest(args.dirname, args.licence, args.source, parent=parent)
        print(f"{args.dirname / NAME}: version {manifest.version}, {len(manifest.files):,} files")
        return
    rows = verify(args.dirname) if args.command == "verify" else diff(args.dirname, args.other)
    print(*rows, sep="\n", end="\n" if rows else "")
    if args.command == "verify":
        print(
            f"version {read_manifest(args.dirname).version}: {'not as listed' if rows else 'every file is as listed'}"
        )
    elif not rows:
        print("both are the same version")
    if rows:
        sys.exit(1)


def main(argv: list[str] | None = None) -> None:
    """Run from the command line; the user's mistakes are one line, not a traceback."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    write = commands.add_parser("write", help="list the files of a directory")
    write.add_argument("--licence", required=True, help="what others may do with the data")
    write.add_argument("--source", required=True, help="where the data comes from")
    write.add_argument("--parent", type=Path, help="directory of the version that this one replaces")
    for command in (write, commands.add_parser("verify", help="are the files as they were listed?")):
        command.add_argument("dirname", type=Path)
    other = commands.add_parser("diff", help="what changed between two versions?")
    other.add_argument("dirname", type=Path)
    other.add_argument("other", type=Path)
    try:
        run(parser.parse_args(argv))
    except (UserError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
