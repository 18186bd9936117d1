import numpy as np
import pytest
from PIL import Image

from training.studies import draw_characters, measure_characters


def test_the_pictures_that_ship_are_those_that_are_drawn(tmp_path):
    draw_characters.main([str(tmp_path)])
    for name in ("8", "U", "e"):
        with Image.open(tmp_path / f"{name}.jpg") as drawn, Image.open(f"pictures/{name}.jpg") as shipped:
            assert np.abs(np.asarray(drawn).astype(int) - np.asarray(shipped)).mean() < 1


def test_each_set_is_measured_by_itself(capsys):
    figures = measure_characters.measure(measure_characters.Measuring())
    assert set(figures) == {"mnist", "chars74k"}
    for one in figures.values():
        assert 0.3 < one["right"] <= one["case_apart"] <= 1
    assert "chars74k" in capsys.readouterr().out


def test_case_apart_counts_letters_of_one_name_as_one():
    labels = np.array([measure_characters.CLASSES.index(letter) for letter in "oO0"])
    figures = measure_characters.figures_of(np.eye(62)[[labels[1]] * 3], labels)
    assert figures["right"] == pytest.approx(1 / 3)
    assert figures["case_apart"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("main", "argv", "expected"),
    [
        (draw_characters.main, [], "expected a directory"),
        (draw_characters.main, ["--pictures"], "expected a directory"),
        (measure_characters.main, ["--artefact=x"], "--artifact"),
        (measure_characters.main, ["--character_sets=x"], "some of mnist"),
    ],
)
def test_mistakes_are_one_line(main, argv, expected):
    with pytest.raises(SystemExit, match=expected):
        main(argv)
