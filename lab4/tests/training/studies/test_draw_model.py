import pytest
from PIL import Image

from training.studies.draw_model import main


def test_a_picture_of_each_layer_is_written(tmp_path, capsys):
    filename = tmp_path / "mlp.png"
    main([str(filename), "--model_class=MLP", "--data_class=MNIST"])
    assert "8 layers, 936,330 parameters" in capsys.readouterr().out
    with Image.open(filename) as picture:
        assert picture.width > 400
        assert picture.convert("L").getextrema() == (0, 255)


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ([], "picture to write"),
        (["--model_class=MLP"], "picture to write"),
        (["a.png", "--model_class=Nope"], "expected one of"),
    ],
)
def test_mistakes_are_one_line(argv, expected):
    with pytest.raises(SystemExit, match=expected):
        main(argv)
