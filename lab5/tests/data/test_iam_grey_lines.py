"""Grey forms of IAM: lines for training only, and never of a form that is evaluated on."""

import shutil
import zipfile

import numpy as np
import pytest

from text_recognizer.data import IAMGreyLines, iam, iam_grey_lines
from text_recognizer.util import UserError


@pytest.fixture
def grey(tmp_path, monkeypatch):
    """Return what writes grey forms: those of the small IAM with these ids."""
    monkeypatch.setattr(iam_grey_lines, "GREY_PREPARED_FILENAME", tmp_path / "lines.h5")
    filename = tmp_path / "grey.zip"
    monkeypatch.setattr(iam_grey_lines, "GREY_FILENAME", filename)

    def write(*form_ids):
        with zipfile.ZipFile(iam.ZIP_FILENAME) as archive, zipfile.ZipFile(filename, "w") as other:
            for name in archive.namelist():
                if any(f"/{form_id}." in name for form_id in form_ids):
                    with archive.open(name) as source, other.open(name, "w") as target:
                        shutil.copyfileobj(source, target)

    return write


def test_training_lines_are_grey_ones_and_the_others_those_of_iam(grey):
    grey("a01-000u", "b01-004")
    data = IAMGreyLines(augment=False)
    data.prepare_data()
    data.setup()
    lines = iam.IAM()
    expected = sum(len(lines.form(form_id).lines) for form_id in ("a01-000u", "b01-004"))
    assert 0 < len(data.data_train) <= expected
    assert data.data_val.filename != data.data_train.filename
    assert np.asarray(data.data_train[0][0]).shape == data.input_dims


def test_forms_that_are_evaluated_on_are_refused(grey):
    grey("a01-000u", "e01-022")
    with pytest.raises(UserError, match="e01-022 is a validation or test form of IAM"):
        iam_grey_lines.prepare_grey_lines()


def test_missing_forms_are_a_message(grey):
    with pytest.raises(UserError, match=r"grey\.zip is missing and is not downloaded for you"):
        iam_grey_lines.prepare_grey_lines()
