import json

import numpy as np
import pytest
from PIL import Image

from text_recognizer.evaluation.line_matching import ReferenceLine
from text_recognizer.page.finder_maps import FinderMaps
from text_recognizer.recognizer.page_finder import SeenPage
from training.studies import measure_way_up
from training.studies.measure_way_up import main, put_upright

PICTURE = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)


@pytest.mark.parametrize(
    ("to", "turns"), [((9, 1), 0), ((1, 9), 1), ((-9, 1), 2), ((-1, -9), 3)], ids=["right", "down", "left", "up"]
)
def test_a_picture_is_put_upright_by_the_places_of_its_lines(to, turns):
    lines = (ReferenceLine("text", np.array([(0, 0), to], float), 10.0),)
    assert np.array_equal(put_upright(PICTURE, lines), np.rot90(PICTURE, turns))
    assert np.array_equal(put_upright(PICTURE, None), PICTURE)


def test_the_table_says_how_often_each_way_is_found(tmp_path, monkeypatch, capsys):
    """The finder takes each picture for upright and is sure of it."""
    for name in "ab":
        Image.new("RGB", (60, 40), "white").save(tmp_path / f"{name}.png")
        (tmp_path / f"{name}.txt").write_text("text")
    lines = [{"text": "text", "polyline": [[30, 5], [30, 35]], "height": 8, "printed": False}]
    (tmp_path / "b.lines.json").write_text(json.dumps({"lines": lines}))
    shapes = []

    class Sure:
        def __init__(self, dirname):
            pass

        def see(self, picture):
            shapes.append(picture.shape[:2])
            empty = np.zeros((4, 4), np.float32)
            maps = FinderMaps(*[empty] * 5, up=np.array([0.9, 0.02, 0.06, 0.02], np.float32))
            return SeenPage(maps, 1.0)

    monkeypatch.setattr(measure_way_up, "PageFinder", Sure)
    monkeypatch.setattr(measure_way_up, "WayUpNetwork", lambda dirname: None)
    main([f"--pictures={tmp_path}"])
    printed = capsys.readouterr().out
    assert "2 pictures" in printed
    rows = [line.split() for line in printed.splitlines()[-6:]]
    assert rows[0] == ["first", "look", "all", "looks", "with", "lines"]
    assert rows[1] == ["upright", *["100.0%"] * 3, "1.00", "looks"]
    assert rows[3] == ["upside", "down", *["0.0%"] * 3, "1.00", "looks"]
    assert rows[5][:4] == ["all", *["25.0%"] * 3]
    assert shapes[::8] == [(40, 60), (60, 40)]
