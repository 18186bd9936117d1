"""Lets Pillow read HEIC, the pictures of many telephones; AVIF it reads by itself."""

import functools
import importlib.util


@functools.cache
def know_heif() -> bool:
    """Tell Pillow of HEIC, if pillow-heif is there (the extra `documents`); return whether it is."""
    if importlib.util.find_spec("pillow_heif") is None:
        return False
    import pillow_heif

    pillow_heif.register_heif_opener()
    return True
