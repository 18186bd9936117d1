"""A stand-in for IAM is called one, and so is all that is made from it."""

import shutil
import zipfile

import pytest

from tests.small_iam import files_of, make_forms, write_directory, write_zip
from text_recognizer.data import IAM, IAMLines, MixedLines, iam, iam_lines
from text_recognizer.data.storage.stand_in import MARKER_NAME, NOTICE, STAND_IN
from text_recognizer.util import UserError
from training import evaluate, run_experiment
from training.command_line.flags import parse

REAL = files_of(make_forms())
DRAWN = REAL | {MARKER_NAME: NOTICE.encode()}


@pytest.fixture
def source(tmp_path, monkeypatch):
    filename = tmp_path / "iam" / "iamdb.zip"
    filename.parent.mkdir()
    monkeypatch.setattr(iam, "ZIP_FILENAME", filename)
    monkeypatch.setattr(iam, "UNPACKED_DIRNAME", filename.with_suffix(""))
    monkeypatch.setattr(iam_lines, "PREPARED_FILENAME", tmp_path / "processed" / "lines.h5")
    write_zip(filename, DRAWN)
    return filename


def prepared(data):
    data.prepare_data()
    data.setup()
    return data


def test_it_is_called_a_stand_in_and_its_licence_is_not_iams(source, capsys):
    data = prepared(IAMLines())
    printed = capsys.readouterr().out
    assert f"{STAND_IN} for IAM (10 forms)" in printed
    assert NOTICE in printed
    assert "non-commercial" not in printed
    assert "SHA-256" not in printed
    assert data.is_stand_in
    assert f"({STAND_IN})" in str(data)
    assert MixedLines().is_stand_in


@pytest.mark.parametrize("place", ["zip file", "directory"])
def test_real_data_take_its_place(source, place):
    first = prepared(IAMLines())
    assert first.is_stand_in
    if place == "zip file":
        write_zip(source, REAL)
    else:
        write_directory(source.with_suffix(""), REAL)
    second = prepared(IAMLines())
    assert not second.is_stand_in
    assert STAND_IN not in str(second)
    assert "IAM subset" in second.source


def test_an_unpacked_stand_in_is_one_still(source):
    with zipfile.ZipFile(source) as archive:
        archive.extractall(source.parent)
    source.unlink()
    assert IAM().name == f"{STAND_IN} for IAM (10 forms)"
    assert prepared(IAMLines()).is_stand_in
    (source.with_suffix("") / MARKER_NAME).unlink()
    assert IAM().name.startswith("IAM subset")
    assert not prepared(IAMLines()).is_stand_in


def test_what_was_made_from_it_does_not_serve_when_it_is_deleted(source):
    prepared(IAMLines())
    source.unlink()
    with pytest.raises(UserError, match=r"`make standin` draws a stand-in"):
        IAMLines().prepare_data()
    shutil.rmtree(iam_lines.PREPARED_FILENAME.parent)
    assert not IAMLines().is_stand_in


def test_a_run_is_tagged_and_its_report_warns(source, tmp_path, capsys):
    argv = ["--data_class=IAMLines", "--model_class=LineCNN", "--loss=ctc", "--max_epochs=1", "--batch_size=8"]
    argv += ["--conv_dim=4", "--fc_dim=8", "--enable_progress_bar=false", "--limit_train_batches=1", "--seed=1"]
    run_experiment.run(parse([*argv, f"--default_root_dir={tmp_path}"]))
    assert f"These figures: {NOTICE}" in capsys.readouterr().out
    log_dirname = tmp_path / "IAMLines_LineCNN_ctc" / "version_0"
    report = evaluate.run(evaluate.parse([f"--checkpoint={log_dirname}", "--num_pictures=2"]))
    assert NOTICE in report.about["data"]
    printed = capsys.readouterr().out
    assert printed.count(NOTICE) >= 2
    assert "non-commercial" not in printed
    page = (log_dirname / "evaluation_IAMLines_val" / "report.html").read_text()
    assert STAND_IN in page
