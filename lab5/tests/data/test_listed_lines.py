"""Lines to measure on: read from a zip file, never trained on."""

import pytest
import torch

from tests import small_copiste
from text_recognizer.data import ListedLines, listed_lines
from text_recognizer.util import UserError
from text_recognizer.vocabulary import Tokenizer


@pytest.fixture
def filename(tmp_path, monkeypatch):
    """A zip file of five lines, one of which cannot be written."""
    rows = [
        {"image": f"{i}.jpg", "page": "p_0001", "text": text}
        for i, text in enumerate(["It cost $5", "\u201cSo\u201d \u2014 no", "caf\u00e9", "\u65e5\u672c", "x" * 90])
    ]
    monkeypatch.setattr(listed_lines, "FILENAME", tmp_path / "lines.zip")
    small_copiste.write_zip(tmp_path / "lines.zip", rows)
    return tmp_path / "lines.zip"


@pytest.mark.usefixtures("filename")
def test_lines_are_validation_and_test_lines_in_the_wide_vocabulary():
    data = ListedLines()
    data.setup()
    texts = [Tokenizer(data.mapping).decode(data.data_test[i][1].tolist()) for i in range(len(data.data_test))]
    assert texts == ["It cost $5", '"So" - no', "cafe"]
    assert "2 left out" in data.source
    image = data.data_val[0][0]
    assert image.shape == data.input_dims
    assert image.max() == 1
    assert torch.median(image) == 0


@pytest.mark.usefixtures("filename")
def test_paper_is_kept_where_nothing_is_extracted():
    data = ListedLines(extract=False)
    data.setup()
    assert torch.median(data.data_val[0][0]) > 0.02


@pytest.mark.usefixtures("filename")
def test_nobody_trains_on_them():
    data = ListedLines()
    data.setup()
    assert len(data.data_train) == 0
    with pytest.raises(UserError, match="for evaluation only"):
        data.train_dataloader()


def test_a_missing_file_and_a_damaged_picture_are_messages(filename):
    small_copiste.write_zip(filename, [{"image": "a.jpg", "page": "p", "text": "words"}], damage="a.jpg")
    data = ListedLines()
    data.setup()
    with pytest.raises(UserError, match=r"a\.jpg is no whole picture"):
        data.data_val[0]
    filename.unlink()
    with pytest.raises(UserError, match=r"lines\.zip is missing"):
        ListedLines().setup()
