import threading

import pytest

from text_recognizer.data.storage.progress import progress


def test_the_items_come_in_their_order():
    with progress([3, 1, 2], "Counting") as shown:
        assert list(shown) == [3, 1, 2]


def fail_at(bad):
    with progress([1, 2, 3], "Counting") as shown:
        for item in shown:
            if item == bad:
                raise ValueError("broken")


def test_an_error_in_the_block_ends_the_bar_and_its_threads():
    before = set(threading.enumerate())
    with pytest.raises(ValueError, match="broken") as caught:
        fail_at(2)
    assert caught.traceback  # still holds the loop, and with it the generator
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=600)  # it has been told to stop and may still be on its way out
        assert not thread.is_alive()
