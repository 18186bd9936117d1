"""Progress bars that end with their block."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from rich.progress import track

Item = TypeVar("Item")


@contextmanager
def progress(items: Sequence[Item], description: str) -> Iterator[Iterator[Item]]:
    """Give the items one by one under a bar, which goes away with the block, whether that ends well or not.

    rich's `track` alone goes on drawing after an exception in a loop, until Python happens to collect its generator.
    Where that is in the middle of drawing another bar, each waits for the other for ever.
    """
    shown = track(items, description, transient=True)
    try:
        yield iter(shown)
    finally:
        shown.close()  # type: ignore[attr-defined]  # a generator
