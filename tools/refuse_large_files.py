"""Fails if any of the files named is larger than belongs in git; a pre-commit hook."""

import sys
from pathlib import Path

MAX_BYTES = 500_000


def main() -> int:
    """Name each file that is too large; return 1 if there is one."""
    large = [name for name in sys.argv[1:] if Path(name).is_file() and Path(name).stat().st_size > MAX_BYTES]
    for name in large:
        size = Path(name).stat().st_size
        print(f"{name}: {size:,} bytes, expected {MAX_BYTES:,} at most. Data goes to data/downloaded/")
    return 1 if large else 0


if __name__ == "__main__":
    sys.exit(main())
