import numpy as np
import pytest

from tests.iam_source import use_source
from text_recognizer.data.show import compare_paragraphs
from text_recognizer.data.show.compare_paragraphs import histograms, measure


def test_a_page_is_measured():
    image = np.zeros((576, 640), np.uint8)
    for i in range(4):
        image[40 + 45 * i : 50 + 45 * i, 30 + 5 * i : 400] = 255
    found = measure(image, "one\ntwo\nthree\nfour")
    assert found["lines"] == [4]
    assert found["characters"] == [18]
    assert found["characters in a line"] == [3, 3, 5, 4]
    assert found["distance of lines"] == [45, 45, 45]
    assert found["left margin of a line"] == [0, 5, 10, 15]
    assert found["width of the ink"] == [369]
    assert found["height of the ink"] == [144]


def test_two_histograms_share_their_range():
    above, below = histograms([0.0] * 50 + [10.0], [10.0] * 50)
    assert above.startswith("|█")
    assert below.startswith("| ")
    assert below.index("█") == above.rindex("▁")
    assert above.split()[-3:] == ["0", "0", "0"]
    assert below.split()[-3:] == ["10", "10", "10"]


def test_the_comparison_is_printed(tmp_path, monkeypatch, capsys):
    use_source(tmp_path, monkeypatch)
    monkeypatch.setattr(compare_paragraphs, "NUM_PAGES", 6)
    compare_paragraphs.main([])
    out = capsys.readouterr().out
    assert "5 real training paragraphs above, 6 synthetic ones below" in out
    assert "distance of lines" in out
    assert "pages/s" in out


def test_a_users_mistake_ends_in_one_line(tmp_path, monkeypatch):
    use_source(tmp_path, monkeypatch).unlink()
    with pytest.raises(SystemExit) as caught:
        compare_paragraphs.main([])
    assert str(caught.value.code).startswith("error: iamdb.zip is missing")


def test_pages_of_the_engine_can_be_compared_too(tmp_path, monkeypatch, capsys):
    use_source(tmp_path, monkeypatch)
    monkeypatch.setattr(compare_paragraphs, "NUM_PAGES", 3)
    compare_paragraphs.main(["--synthetic=SyntheticParagraphs"])
    assert "5 real training paragraphs above, 3 synthetic ones below" in capsys.readouterr().out
