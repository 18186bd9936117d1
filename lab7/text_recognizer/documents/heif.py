"""Enables Pillow to read HEIC, the format of many phones' pictures; Pillow reads AVIF by itself."""

import functools
import importlib.util


@functools.cache
def know_heif() -> bool:
    """Register HEIC with Pillow if pillow-heif (extra `documents`) is installed; return whether it is."""
    if importlib.util.find_spec("pillow_heif") is None:
        return False
    import pillow_heif

    pillow_heif.register_heif_opener()
    return True
