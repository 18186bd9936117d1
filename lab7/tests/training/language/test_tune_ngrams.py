"""Trying weights of a language model."""

import pytest

from text_recognizer.util import UserError
from training.command_line.flags import parse
from training.language.count_ngrams import Counting, count
from training.language.tune_ngrams import Tuning, main, tune
from training.run_experiment import run

SMALL = ["--model_class=LineResNetLSTM", "--stem_dim=2", "--lstm_dim=4", "--batch_size=2", "--max_epochs=1"]
SMALL += ["--limit_train_batches=1", "--limit_val_batches=1", "--limit_test_batches=1", "--accelerator=cpu"]


@pytest.fixture(scope="module")
def log_dirname(tmp_path_factory):
    dirname = tmp_path_factory.mktemp("logs")
    run(parse([*SMALL, "--data_class=IAMLines", "--loss=ctc", f"--default_root_dir={dirname}"]))
    count(Counting(order=3, output=str(dirname / "ngrams.npz")))
    return dirname


def test_each_setting_is_measured_beside_reading_without_a_language_model(log_dirname, capsys):
    checkpoint = next(log_dirname.rglob("version_0"))
    rates = tune(Tuning(str(checkpoint), ngrams=str(log_dirname / "ngrams.npz"), weights=(0.0, 0.5), bonuses=(1.0,)))
    assert rates.keys() == {(0.0, 1.0), (0.5, 1.0)}
    printed = capsys.readouterr().out
    assert printed.count("CER") == 3
    assert "no language model" in printed


def test_nothing_is_chosen_on_test_data(log_dirname):
    checkpoint, ngrams = str(next(log_dirname.rglob("version_0"))), str(log_dirname / "ngrams.npz")
    with pytest.raises(UserError, match="expected one weight and one bonus"):
        Tuning(checkpoint, split="test", ngrams=ngrams)
    assert len(tune(Tuning(checkpoint, split="test", ngrams=ngrams, weights=(0.7,), bonuses=(1.5,)))) == 1


def test_what_is_missing_is_said_in_one_line(log_dirname):
    checkpoint = next(log_dirname.rglob("version_0"))
    with pytest.raises(SystemExit, match="count_ngrams"):
        main([f"--checkpoint={checkpoint}", "--ngrams=nowhere.npz"])
    with pytest.raises(SystemExit, match="no such file"):
        main(["--checkpoint=nowhere.ckpt", f"--ngrams={log_dirname / 'ngrams.npz'}"])
    with pytest.raises(SystemExit, match=r"^error: --weight=1: no such flag\. Did you mean --weights\?$"):
        main(["--weight=1"])
    with pytest.raises(SystemExit, match=r"--lr=1: no such flag here\. Expected one of --help --checkpoint") as stop:
        main(["--lr=1"])
    assert "Trainer" not in str(stop.value)
