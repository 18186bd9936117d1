import pytest
from PIL import Image

from text_recognizer.data import UCIDigits
from text_recognizer.data.show import look
from text_recognizer.data.show.look import look_at
from text_recognizer.util import UserError

COMPLAINT = "/there/file is missing: expected it"


@pytest.fixture(autouse=True)
def processed_dirname(tmp_path, monkeypatch):
    monkeypatch.setattr(look, "PROCESSED_DIRNAME", tmp_path)
    return tmp_path


def complain(*args, **kwargs):
    raise UserError(COMPLAINT)


def test_data_are_told_and_drawn(processed_dirname, capsys):
    look_at(UCIDigits)
    out = capsys.readouterr().out
    filename = processed_dirname / "look" / "UCIDigits.png"
    assert "UCIDigits: 1,257 training" in out
    assert f"Picture of 40 training images: {filename}" in out
    with Image.open(filename) as picture:
        picture.load()
        assert picture.format == "PNG"
        assert min(picture.size) > 100
        assert len(picture.getcolors(picture.width * picture.height)) > 10  # not blank
    assert [path.name for path in filename.parent.iterdir()] == ["UCIDigits.png"]


def test_data_are_prepared_before_they_are_loaded():
    class Prepared(UCIDigits):
        steps = ()

        def prepare_data(self):
            Prepared.steps += ("prepare_data",)

        def load_splits(self):
            Prepared.steps += ("load_splits",)
            return super().load_splits()

    look_at(Prepared)
    assert Prepared.steps == ("prepare_data", "load_splits")


@pytest.mark.parametrize("step", ["__init__", "prepare_data", "load_splits"])
def test_a_users_mistake_ends_in_one_line(processed_dirname, capsys, step):
    with pytest.raises(SystemExit) as caught:
        look_at(type("Incomplete", (UCIDigits,), {step: complain}))
    assert caught.value.code == f"error: {COMPLAINT}"
    assert capsys.readouterr().out == ""
    assert list(processed_dirname.iterdir()) == []


def test_a_mistake_of_ours_keeps_its_traceback():
    def fail(self):
        raise ValueError("a defect")

    with pytest.raises(ValueError, match="a defect"):
        look_at(type("Broken", (UCIDigits,), {"prepare_data": fail}))
