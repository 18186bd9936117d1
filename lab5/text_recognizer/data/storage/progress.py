"""Progress bars that end with their block."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from rich.progress import track

Item = TypeVar("Item")


@contextmanager
def progress(items: Sequence[Item], description: str) -> Iterator[Iterator[Item]]:
    """Yield the items under a progress bar, which disappears at the end of the loop, even after an error.

    After an exception in the loop, rich's own `track` draws on until Python collects its generator. If that happens
    while another bar is drawn, the two wait for each other for ever.
    """
    shown = track(items, description, transient=True)
    try:
        yield iter(shown)
    finally:
        shown.close()  # type: ignore[attr-defined]  # a generator
