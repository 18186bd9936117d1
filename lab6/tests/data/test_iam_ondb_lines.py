"""Lines drawn from recorded strokes: anew in each epoch, the same for a seed, and without those that are listed."""

import re
from collections import Counter

import numpy as np
import pytest
import torch

from tests import small_iam_ondb
from text_recognizer.data import IAMOnDBLines, iam_ondb_lines
from text_recognizer.data.iam_ondb import OnlineLine, source_of
from text_recognizer.data.iam_ondb_lines import RecordedLines, read_left_out, usable_lines
from text_recognizer.data.storage.prepared import open_prepared
from text_recognizer.handwriting.traces import Trace
from text_recognizer.util import UserError
from text_recognizer.vocabulary import decode

TRACE = Trace((np.array([(0, 0), (40, 40), (80, 0)], np.float32),), 40.0)


@pytest.fixture(scope="module")
def data():
    """The prepared lines."""
    data = IAMOnDBLines(batch_size=4)
    data.prepare_data()
    data.setup()
    return data


def test_lines_have_iams_canvas_and_tidy_labels(data):
    image, target = data.data_train[0]
    assert image.shape == data.input_dims
    assert image.dtype == torch.float32
    assert 0 <= image.min() < 0.4 < image.max() <= 1
    texts = {decode(row.tolist()) for split in (data.data_train, data.data_val) for row in split.targets}
    assert texts == {'He said "no."', "it's the # wall", "A row of words"}
    assert target.shape == (data.output_dims[0],)


def test_training_lines_are_drawn_anew_in_each_epoch_and_the_same_for_a_seed(data):
    lines, same = RecordedLines("train", redraws=True, seed=1), RecordedLines("train", redraws=True, seed=1)
    first = lines[3][0]
    assert torch.equal(first, same[3][0])
    lines.set_epoch(1)
    second = lines[3][0]
    assert not torch.equal(first, second)
    same.set_epoch(1)
    assert torch.equal(second, same[3][0])
    assert not torch.equal(first, RecordedLines("train", redraws=True, seed=2)[3][0])


def test_validation_lines_are_always_drawn_as_they_were_written(data):
    before = data.data_val[0][0]
    data.data_val.set_epoch(5)
    assert torch.equal(before, data.data_val[0][0])


def test_what_is_to_be_memorised_stays_the_same():
    data = IAMOnDBLines()
    data.validates_on_train = True
    data.setup()
    before = data.data_train[0][0]
    data.data_train.set_epoch(1)
    assert torch.equal(before, data.data_train[0][0])


def test_no_source_of_texts_is_in_two_splits(data):
    sources = [
        {source_of(line_id) for line_id in split.ids} for split in (data.data_train, data.data_val, data.data_test)
    ]
    assert all(sources)
    assert sum(map(len, sources)) == len(set().union(*sources)) == len(small_iam_ondb.SOURCES)


def test_strokes_come_back_as_they_were_recorded(data):
    line_id = data.data_train.ids[2]
    text = small_iam_ondb.TEXTS[int(line_id[-2:]) - 1]
    drawn = small_iam_ondb.draw_strokes(text)
    low = np.min([np.min(stroke, axis=0) for stroke in drawn], axis=0)
    for stroke, expected in zip(data.data_train.trace(2).strokes, drawn, strict=True):
        np.testing.assert_array_equal(stroke, np.array(expected) - low)


@pytest.mark.parametrize(
    ("text", "listed", "evaluation", "reason"),
    [
        ("fine words here", {}, "", None),
        ("fine words here", {"a01-000u-01": "strokes are missing"}, "", "strokes are missing"),
        ("[bracketed]", {}, "", "characters outside the vocabulary"),
        ("Fine words, here!", {}, "xfinewordsherex", "text in a validation or test form of IAM"),
        ("the", {}, "xthex", None),  # occurs anywhere
        ("word " * 30, {}, "", "no text, or more than fits"),
    ],
)
def test_lines_are_left_out_for_a_reason(text, listed, evaluation, reason):
    usable, reasons = usable_lines([OnlineLine("a01-000u-01", text, TRACE)], listed, evaluation)
    assert len(usable) == (reason is None)
    assert reasons == (Counter() if reason is None else Counter({reason: 1}))


def test_a_list_takes_lines_out_of_the_prepared_data_which_says_why(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(iam_ondb_lines, "PREPARED_FILENAME", tmp_path / "lines.h5")
    monkeypatch.setattr(iam_ondb_lines, "LEFT_OUT_FILENAME", listed := tmp_path / "left_out.csv")
    iam_ondb_lines.prepare_iam_ondb_lines()
    with open_prepared(tmp_path / "lines.h5") as file:
        before = sum(len(file[f"y_{split}"]) for split in ("train", "val", "test"))
        assert len(file.attrs["left_out"]) == 0
    listed.write_text("id,reason\na01-000x-01,strokes are missing\n")
    monkeypatch.setattr(iam_ondb_lines, "read_left_out", lambda: read_left_out(listed))
    iam_ondb_lines.prepare_iam_ondb_lines()
    assert "left out: 1 (strokes are missing)" in capsys.readouterr().out
    with open_prepared(tmp_path / "lines.h5") as file:
        assert sum(len(file[f"y_{split}"]) for split in ("train", "val", "test")) == before - 1
        assert list(file.attrs["left_out"]) == ["strokes are missing: 1"]


def test_a_list_without_its_columns_is_a_message(tmp_path):
    (tmp_path / "left_out.csv").write_text("line\na01-000u-01\n")
    with pytest.raises(UserError, match=re.escape("expected the columns id and reason")):
        read_left_out(tmp_path / "left_out.csv")
