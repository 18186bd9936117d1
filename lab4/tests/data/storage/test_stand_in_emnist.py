"""EMNIST's caches know whether they were made from a stand-in."""

import urllib.request
import zipfile

import numpy as np
import pytest

from tests.small_emnist import make_split, write_zip
from text_recognizer.data import EMNIST, EMNISTLines, emnist, emnist_lines
from text_recognizer.data.storage.stand_in import MARKER_NAME, NOTICE, STAND_IN
from text_recognizer.util import UserError

RNG = np.random.default_rng(3)
DATASETS = {is_real: {"train": make_split(RNG, 30, 30), "test": make_split(RNG, 2, 2)} for is_real in (True, False)}


@pytest.fixture
def source(tmp_path, monkeypatch):
    filename = tmp_path / "emnist" / "matlab.zip"
    filename.parent.mkdir()
    monkeypatch.setattr(emnist, "ZIP_FILENAME", filename)
    monkeypatch.setattr(emnist, "PREPARED_FILENAME", tmp_path / "byclass.h5")
    monkeypatch.setattr(emnist_lines, "PROCESSED_DIRNAME", tmp_path)

    def refuse(*args, **kwargs):
        raise OSError("no network here")

    monkeypatch.setattr(urllib.request.OpenerDirector, "open", refuse)
    return filename


def write(source, is_real):
    write_zip(source, DATASETS[is_real])
    if not is_real:
        with zipfile.ZipFile(source, "a") as archive:
            archive.writestr(MARKER_NAME, NOTICE)


def prepared(data):
    data.prepare_data()
    data.setup()
    return data


@pytest.mark.parametrize("data_class", [EMNIST, EMNISTLines])
def test_data_made_from_a_stand_in_say_so_until_real_data_is_there(source, data_class):
    settings = {"num_train": 4, "num_val": 2, "num_test": 2} if data_class is EMNISTLines else {}
    write(source, is_real=False)
    data = prepared(data_class(**settings))
    assert data.is_stand_in
    assert f"({STAND_IN})" in str(data)
    drawn = data.data_train[0][0]
    write(source, is_real=True)
    data = prepared(data_class(**settings))
    assert not data.is_stand_in
    assert STAND_IN not in str(data)
    assert not np.array_equal(data.data_train[0][0], drawn)


def test_the_same_images_are_prepared_anew_when_only_the_marker_goes(source):
    write(source, is_real=False)
    first = emnist.prepare_emnist()
    write_zip(source, DATASETS[False])
    assert emnist.prepare_emnist() != first
    assert not EMNIST().is_stand_in


def test_what_was_made_from_a_stand_in_does_not_serve_when_that_is_deleted(source):
    write(source, is_real=False)
    prepared(EMNIST())
    source.unlink()
    assert EMNIST().is_stand_in  # what is prepared is one still, for those who look at it
    with pytest.raises(UserError, match=r"matlab.zip is missing and could not be downloaded.*`make standin` draws"):
        EMNIST().prepare_data()


def test_a_download_is_tried_only_when_it_is_asked_for(source):
    write(source, is_real=False)
    EMNIST().prepare_data()
    with pytest.raises(UserError, match=r"matlab.zip is a STAND-IN, which stays"):
        EMNIST().download()
