"""Chooses where a command writes, so that no result is overwritten by accident.

A path that the user names is refused before the work begins if it exists, unless --overwrite is given. Without such a
path, the command takes a free name. Pictures that take seconds to draw are replaced.
"""

import itertools
from pathlib import Path

from text_recognizer.util import UserError


def refuse_to_replace(path: Path, overwrite: bool, flag: str, holds: str = "") -> None:
    """Refuse a path that exists, unless it may be overwritten.

    Parameters
    ----------
    path
        The place.
    overwrite
        Whether it may be replaced.
    flag
        The flag that names another place.
    holds
        Of a directory, the file in it that would be replaced.
    """
    if not overwrite and (path / holds).exists():
        raise UserError(
            f"{path / holds} is there already. Add --overwrite to replace it, or choose another place, such as "
            f"{flag}={free(path)}"
        )


def free(path: Path) -> Path:
    """Return a path if it does not exist, else the first free one with -2, -3 … after the name."""
    names = itertools.chain([path], (path.with_name(f"{path.stem}-{i}{path.suffix}") for i in itertools.count(2)))
    return next(name for name in names if not name.exists())
