"""A sample of the pictures that nobody would take is read without a crash."""

import numpy as np
import pytest

from text_recognizer.page.layout import LINE_PITCH, PADDING, place
from training.studies import fuzz_reader
from training.studies.fuzz_reader import Fuzz, fuzz, main, try_one


@pytest.mark.parametrize("first", range(0, 60, 10))
def test_a_sample_is_read(first):
    for number in range(first, first + 10):
        try_one(number, largest=300)


def test_boxes_of_any_size_fit_the_canvas():
    ink = np.zeros((300, 300), np.uint8)
    for width in range(1, 290, 7):
        for height in range(1, 290, 7):
            for shape in ((56, 1024), (576, 640), (60, 60)):
                canvas, *_ = place(ink, (3, 5, 3 + width, 5 + height), LINE_PITCH / min(height, 20), PADDING, shape)
                assert canvas.shape == shape


def test_what_fails_is_counted_and_ends_with_status_1(monkeypatch, capsys):
    def fail(number, largest):
        if number == 1:
            raise IndexError("no such pixel")

    monkeypatch.setattr(fuzz_reader, "try_one", fail)
    assert fuzz(Fuzz(num=3)).total() == 1
    assert "3 pictures, 1 failed" in capsys.readouterr().out
    with pytest.raises(SystemExit) as status:
        main(["--num=3"])
    assert status.value.code == 1
    with pytest.raises(SystemExit, match="--num=0"):
        main(["--num=0"])
