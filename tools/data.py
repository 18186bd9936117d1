"""Brings data onto this machine for all labs.

    python tools/data.py download   # the official files, into data/downloaded
    python tools/data.py generate   # what the labs make from them, into data/processed

What cannot be had is named with its cure, and the rest is still done.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lab7"))  # the last lab knows all data sets

from text_recognizer.data.storage.stand_in import STAND_IN
from text_recognizer.util import UserError
from training.command_line.flags import DATA_CLASSES

ACTIONS = {"download": "download", "generate": "prepare_data"}


def main() -> int:
    """Do the action for each data class; return 1 if any of them failed."""
    if {"--help", "-h"} & {*sys.argv[1:]}:
        print(__doc__)
        return 0
    if len(sys.argv) != 2 or sys.argv[1] not in ACTIONS:
        sys.exit(f"error: expected one of {', '.join(ACTIONS)}, got {' '.join(sys.argv[1:]) or 'nothing'}")
    failures: dict[str, str] = {}
    for name, data_class in DATA_CLASSES.items():
        try:
            data = data_class()
            getattr(data, ACTIONS[sys.argv[1]])()
        except UserError as error:
            failures.setdefault(str(error), name)
        else:
            print(f"{name}: ready ({STAND_IN})" if data.is_stand_in else f"{name}: ready")
    for message, name in failures.items():
        print(f"{name}: {message}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
