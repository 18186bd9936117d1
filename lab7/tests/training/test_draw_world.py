import json

import numpy as np
import pytest
from PIL import Image

from training import draw_world
from training.draw_world import main


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(draw_world, "NUM_HANDS", 2)


def test_pictures_lie_beside_their_texts_and_lines(few, tmp_path):
    main([f"--dirname={tmp_path}", "--num_pictures=1", "--kinds=word,strip"])
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "readme.md",
        "strip_01.jpg",
        "strip_01.lines.json",
        "strip_01.txt",
        "word_01.lines.json",
        "word_01.png",
        "word_01.txt",
    ]
    for name in ("strip_01.jpg", "word_01.png"):
        stem = tmp_path / name.split(".")[0]
        lines = json.loads(stem.with_suffix(".lines.json").read_text())["lines"]
        assert stem.with_suffix(".txt").read_text() == "\n".join(line["text"] for line in lines)
        with Image.open(tmp_path / name) as picture:
            size = picture.size
        for line in lines:
            points = np.array(line["polyline"])
            assert len(points) >= 2
            assert (points >= 0).all()
            assert (points <= size).all()
            assert line["height"] > 0
            assert line["printed"] is False


def test_the_same_handwriting_is_drawn_on_plain_paper(few, tmp_path):
    settings = ["--num_pictures=1", "--kinds=word,strip"]
    main([f"--dirname={tmp_path / 'world'}", *settings])
    main([f"--dirname={tmp_path / 'plain'}", "--on_plain_paper=true", *settings])
    names = sorted(path.name for path in (tmp_path / "plain").iterdir())
    assert names[:4] == ["readme.md", "strip_01_a.jpg", "strip_01_a.lines.json", "strip_01_a.txt"]
    for kind in ("strip", "word"):
        texts = [(tmp_path / name).read_text() for name in (f"world/{kind}_01.txt", f"plain/{kind}_01_a.txt")]
        assert texts[0] == texts[1]
    assert "plain sheets" in (tmp_path / "plain" / "readme.md").read_text()


def test_an_unknown_kind_is_named(tmp_path):
    with pytest.raises(SystemExit, match="'moon' is not one of plain"):
        main([f"--dirname={tmp_path}", "--kinds=moon"])
