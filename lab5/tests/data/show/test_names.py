import numpy as np
import pytest
from pytorch_lightning import seed_everything

from tests.small_copiste import make_rows
from tests.small_iam import LISTS, files_of, make_forms, write_zip
from text_recognizer.data import CopisteLines, FakeImageData, IAMLines, copiste_lines, iam, iam_lines
from text_recognizer.data.show.names import names_of, writers_of
from text_recognizer.data.storage.prepared import PreparedDataset, write_images, write_prepared
from text_recognizer.data.util import to_image_tensor

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


def dataset_of(filename, names):
    with write_prepared(filename, "") as file:
        write_images(file, "x_val", np.zeros((len(names), 2, 2), dtype=np.uint8))
        file.create_dataset("y_val", data=np.zeros((len(names), 1), dtype=np.uint8))
        file.create_dataset("id_val", data=names)
    return PreparedDataset(filename, "val", to_image_tensor)


def val_set():
    seed_everything(1, verbose=False)
    data = IAMLines()
    data.prepare_data()
    data.setup()
    return data.data_val


def test_lines_of_iam_have_ids_and_writers(filename):
    lines = val_set()
    assert names_of(lines) == [f"{form_id}-{i:02}" for form_id in VAL for i in range(5)]
    assert writers_of(lines) == [f"writer of {form_id}" for form_id in VAL for _ in range(5)]


def test_whole_forms_have_writers(filename, tmp_path):
    assert writers_of(dataset_of(tmp_path / "forms.h5", VAL)) == [f"writer of {form_id}" for form_id in VAL]


def test_writers_that_iam_does_not_tell_are_unknown(filename, tmp_path):
    lines = val_set()
    assert writers_of(dataset_of(tmp_path / "other.h5", ["c01-014-00", "x99-999-00"])) is None
    write(filename, {VAL[0]: ""})
    assert writers_of(lines) is None
    filename.unlink()
    assert writers_of(lines) is None
    assert names_of(lines) is not None


def test_lines_of_copiste_have_writers(tmp_path, monkeypatch):
    monkeypatch.setattr(copiste_lines, "PREPARED_FILENAME", tmp_path / "lines.h5")
    data = CopisteLines()
    data.prepare_data()
    data.setup()
    by_image = {row["image"]: copiste_lines.writer_of(row["page"]) for row in make_rows()}
    assert writers_of(data.data_val) == [by_image[name] for name in names_of(data.data_val)]
    monkeypatch.setattr(copiste_lines, "ZIP_FILENAME", tmp_path / "nowhere.zip")
    assert writers_of(data.data_val) is None


def test_other_data_has_no_names():
    data = FakeImageData(num_samples=4)
    data.setup()
    assert names_of(data.data_val) is None
    assert writers_of(data.data_val) is None
