import pytest
from pytorch_lightning import seed_everything

from tests.small_iam import LISTS, files_of, make_forms, write_zip
from text_recognizer.data import FakeImageData, IAMLines, iam, iam_lines
from text_recognizer.data.names import names_of, writers_of

VAL = ["c01-014", "d01-016"]


@pytest.fixture
def filename(tmp_path, monkeypatch):
    filename = tmp_path / "iam" / "iamdb.zip"
    filename.parent.mkdir()
    monkeypatch.setattr(iam, "ZIP_FILENAME", filename)
    monkeypatch.setattr(iam, "UNPACKED_DIRNAME", filename.with_suffix(""))
    monkeypatch.setattr(iam_lines, "PREPARED_FILENAME", tmp_path / "processed" / "lines.h5")
    write(filename, {form_id: f"writer of {form_id}" for form_ids in LISTS.values() for form_id in form_ids})
    return filename


def write(filename, writers):
    forms = make_forms()
    for form in forms:
        form.writer_id = writers.get(form.id, "someone")
    write_zip(filename, files_of(forms))


def val_set():
    seed_everything(1, verbose=False)
    data = IAMLines()
    data.prepare_data()
    data.setup()
    return data.data_val


def test_lines_of_iam_have_ids_and_writers(filename):
    names = names_of(val_set())
    assert names == [f"{form_id}-{i:02}" for form_id in VAL for i in range(5)]
    assert writers_of(names) == [f"writer of {form_id}" for form_id in VAL for _ in range(5)]
    assert writers_of(VAL) == [f"writer of {form_id}" for form_id in VAL]  # as whole forms


def test_writers_that_iam_does_not_tell_are_unknown(filename):
    names = names_of(val_set())
    assert writers_of(["x99-999-00"]) is None
    write(filename, {VAL[0]: ""})
    assert writers_of(names) is None
    filename.unlink()
    assert writers_of(names) is None


def test_other_data_has_no_names():
    data = FakeImageData(num_samples=4)
    data.setup()
    assert names_of(data.data_val) is None
