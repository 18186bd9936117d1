"""Fails if any of the files named is larger than belongs in git; a pre-commit hook.

What counts is what git would store: of a file in Git LFS that is a pointer of 130 bytes.
"""

import re
import subprocess
import sys
from pathlib import Path

MAX_BYTES = 500_000
SHIPPED = re.compile(r"lab7/text_recognizer/artifacts/\w+/model\.pt")  # small enough for a clone without Git LFS
MAX_SHIPPED_BYTES = 35_000_000
WEIGHTS = (".ckpt", ".pt")


def stored_size(name: str) -> int:
    """Return the size of what is staged under a name, or of the file if nothing is."""
    command = ["git", "cat-file", "-s", f":./{name}"]
    result = subprocess.run(command, capture_output=True, text=True)
    return int(result.stdout) if result.returncode == 0 else Path(name).stat().st_size


def complaint(name: str) -> str | None:
    """Say what is wrong with a file's size, if anything is."""
    size, limit = stored_size(name), MAX_SHIPPED_BYTES if SHIPPED.fullmatch(name) else MAX_BYTES
    if size <= limit:
        return None
    cure = "Data goes to data/downloaded/"
    if limit == MAX_SHIPPED_BYTES:
        cure = "Ship a smaller model"
    elif name.endswith(WEIGHTS):
        cure = f"Weights go through Git LFS: make lfs, then git rm --cached {name}, then git add it again"
    return f"{name}: {size:,} bytes, expected {limit:,} at most. {cure}"


def main() -> int:
    """Name each file that is too large; return 1 if there is one."""
    if {"--help", "-h"} & {*sys.argv[1:]}:
        print(__doc__)
        return 0
    if flags := [word for word in sys.argv[1:] if word.startswith("--") and not Path(word).exists()]:
        sys.exit(f"error: {flags[0]}: there are no flags. Expected names of files")
    complaints = [text for name in sys.argv[1:] if Path(name).is_file() and (text := complaint(name))]
    print("\n".join(complaints), end="\n" if complaints else "")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
