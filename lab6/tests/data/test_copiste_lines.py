import io
import json
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image
from pytorch_lightning import seed_everything

from tests.epochs import epochs
from tests.small_copiste import make_rows, write_zip
from text_recognizer.data import CopisteLines, copiste_lines
from text_recognizer.data.copiste_lines import CopisteLine, fold, is_usable, split_writers, writer_of
from text_recognizer.data.storage.stand_in import MARKER_NAME, NOTICE
from text_recognizer.util import UserError
from text_recognizer.vocabulary import decode

ROWS = make_rows()


@pytest.fixture(autouse=True)
def source(tmp_path, monkeypatch):
    filename = tmp_path / "copiste" / "copiste_lines.zip"
    filename.parent.mkdir()
    monkeypatch.setattr(copiste_lines, "ZIP_FILENAME", filename)
    monkeypatch.setattr(copiste_lines, "PREPARED_FILENAME", tmp_path / "processed" / "lines.h5")
    write_zip(filename, ROWS)
    return filename


def prepared(**settings):
    seed_everything(1, verbose=False)
    data = CopisteLines(**settings)
    data.prepare_data()
    data.setup()
    return data


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Félix à Noël", "Felix a Noel"),
        ("«L\u2019œuvre»", '"L\'oeuvre"'),
        ("ÇA Ænéide", "CA Aeneide"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_accents_ligatures_and_quotes_are_folded(text, expected):
    assert fold(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("ici", True), ("a" * 87, True), ("a" * 88, False), ("", False), ("10 €", False), ("a_b", False)],
)
def test_lines_that_no_row_of_labels_can_hold_are_left_out(text, expected):
    assert is_usable(text) is expected


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("wikitexte_0016_2", "wikitexte_0016"),
        ("imp_wikitexte_0016", "imp_wikitexte_0016"),
        ("imp_wikitexte_0172_double", "imp_wikitexte_0172"),
        ("another", "another"),
    ],
)
def test_the_writer_is_the_page_up_to_its_number(page, expected):
    assert writer_of(page) == expected


def test_each_writer_is_in_one_split_whatever_the_order_of_the_lines():
    lines = [CopisteLine("", f"w_{i % 30:04}", "") for i in range(90)]
    splits = split_writers(lines)
    assert {split: len(writers) for split, writers in splits.items()} == {"train": 24, "val": 3, "test": 3}
    assert len(set.union(*splits.values())) == 30
    assert split_writers(lines[::-1]) == splits


def test_lines_are_folded_scaled_and_split(capsys):
    data = prepared(augment=False)
    texts = [decode(y.tolist()) for split in (data.data_train, data.data_val, data.data_test) for _, y in split]
    assert sorted(texts) == sorted(fold(row["text"]) for row in ROWS if "_" not in row["text"])
    image, _ = data.data_train[0]
    assert image.shape == (1, 56, 1024)
    assert image.max() > 0.8  # ink is white,
    assert image.median() < 0.1  # paper is black
    assert "1 left out" in capsys.readouterr().out


def test_training_lines_change_from_epoch_to_epoch_and_others_never():
    data = prepared(num_workers=0, batch_size=1000)
    first, second = epochs(data)
    assert not set(first) & set(second)
    assert torch.equal(data.data_val[0][0], data.data_val[0][0])


def test_what_is_prepared_serves_when_the_zip_file_is_gone(source):
    prepared()
    source.unlink()
    assert len(prepared().data_train) > 0


def test_a_stand_in_says_so_and_is_gone_when_its_zip_file_is(source, capsys):
    with zipfile.ZipFile(source, "a") as archive:
        archive.writestr(MARKER_NAME, NOTICE)
    data = prepared()
    assert data.is_stand_in
    assert "STAND-IN for Copiste" in data.source
    assert str(data).startswith("CopisteLines (STAND-IN)")
    source.unlink()
    assert CopisteLines().is_stand_in
    with pytest.raises(UserError, match="`make standin` draws a stand-in"):
        prepared()


def test_a_real_file_takes_the_place_of_a_stand_in(source):
    with zipfile.ZipFile(source, "a") as archive:
        archive.writestr(MARKER_NAME, NOTICE)
    prepared()
    write_zip(source, make_rows(num_lines_each=3))
    data = prepared()
    assert not data.is_stand_in
    assert "BAnQ" in data.source


def test_a_changed_source_is_prepared_anew(source):
    num_lines = len(prepared().data_train)
    write_zip(source, make_rows(num_lines_each=3))
    assert len(prepared().data_train) > num_lines


def damaged_picture(source):
    write_zip(source, ROWS, damage=ROWS[0]["image"])


def missing_picture(source):
    write_zip(source, ROWS, leave_out=ROWS[0]["image"])


@pytest.mark.parametrize(
    ("break_it", "expected"),
    [
        (lambda source: source.unlink(), "is missing and is not downloaded for you. Put it into"),
        (lambda source: source.write_bytes(b"PK and no more"), "is no whole set of Copiste's lines"),
        (lambda source: write_zip(source, [{"image": "a.jpg"}]), "row 1 has no page"),
        (lambda source: write_zip(source, ROWS[:2]), "too few writers"),
        (damaged_picture, "is no whole picture"),
        (missing_picture, "is no whole picture"),
    ],
)
def test_a_bad_source_is_named_with_the_cure_and_leaves_nothing_behind(source, break_it, expected):
    break_it(source)
    with pytest.raises(UserError) as caught:
        prepared()
    assert expected in str(caught.value)
    assert "data/raw/copiste/readme.md" in str(caught.value)
    assert not copiste_lines.PREPARED_FILENAME.exists()


def test_the_small_set_is_laid_out_like_the_real_one(source):
    with zipfile.ZipFile(source) as archive:
        row = json.loads(archive.read("lines.jsonl").splitlines()[0])
        with Image.open(io.BytesIO(archive.read(row["image"]))) as picture:
            assert picture.mode == "L"
            assert np.median(np.asarray(picture)) > 200  # dark ink on light paper
