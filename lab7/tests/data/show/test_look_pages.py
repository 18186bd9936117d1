import numpy as np
import pytest
import torch
from PIL import Image

from tests.iam_source import use_source
from text_recognizer.data import IAMOriginalAndSyntheticParagraphs, IAMParagraphs
from text_recognizer.data.show import look_pages
from text_recognizer.data.show.look_pages import look_at_pages, page_sheet


@pytest.fixture(autouse=True)
def source(tmp_path, monkeypatch):
    monkeypatch.setattr(look_pages, "PROCESSED_DIRNAME", tmp_path)
    return use_source(tmp_path, monkeypatch)


@pytest.mark.parametrize(("data_class", "num"), [(IAMParagraphs, 5), (IAMOriginalAndSyntheticParagraphs, 12)])
def test_pages_are_told_and_drawn(tmp_path, capsys, data_class, num):
    look_at_pages(data_class)
    filename = tmp_path / "look" / f"{data_class.__name__}.png"
    out = capsys.readouterr().out
    assert f"{data_class.__name__}: " in out
    assert f"Picture of {num} training pages: {filename}" in out
    with Image.open(filename) as picture:
        assert picture.width < 1000
        assert len(picture.getcolors(picture.width * picture.height)) > 10  # not blank


def test_a_users_mistake_ends_in_one_line(source):
    source.unlink()
    with pytest.raises(SystemExit) as caught:
        look_at_pages(IAMParagraphs)
    assert str(caught.value.code).startswith("error: iamdb.zip is missing")


def test_pages_are_drawn_at_half_size_in_rows_of_three_above_all_lines_of_their_text():
    pages = [torch.full((1, 576, 640), 0.2 * i) for i in range(5)]
    sheet = np.asarray(page_sheet(pages, ["one\ntwo\nthree"] * 5).convert("L"))
    assert sheet.shape == (8 + 2 * (288 + 3 * 12 + 8), 8 + 3 * 328)
    for i in range(5):
        y, x = 8 + i // 3 * (288 + 36 + 8), 8 + i % 3 * 328
        assert (sheet[y : y + 288, x : x + 320] == int(0.2 * i * 255)).all()
        for line in range(3):
            assert sheet[y + 288 + 12 * line :, x : x + 100][:12].min() < 100
