"""What a training shows of itself."""

import csv

import pytest
from PIL import Image

from training.command_line.flags import parse
from training.run_experiment import run

SMALL = ["--data_class=IAMLines", "--model_class=LineResNetLSTM", "--loss=ctc", "--stem_dim=2", "--lstm_dim=4"]
SMALL += ["--batch_size=2", "--max_epochs=2", "--limit_train_batches=2", "--limit_val_batches=1"]
SMALL += ["--limit_test_batches=1", "--accelerator=cpu", "--enable_progress_bar=false"]


@pytest.fixture(scope="module")
def log_dirname(tmp_path_factory):
    dirname = tmp_path_factory.mktemp("logs")
    run(parse([*SMALL, "--draw_readings=true", f"--default_root_dir={dirname}"]))
    return next(dirname.rglob("version_0"))


def test_each_epoch_logs_its_speed(log_dirname):
    with (log_dirname / "metrics.csv").open() as file:
        speeds = [float(row["train_examples_per_second"]) for row in csv.DictReader(file) if row["train_loss"]]
    assert len(speeds) == 2
    assert min(speeds) > 0


def test_what_is_read_is_drawn(log_dirname):
    with Image.open(log_dirname / "readings.png") as picture:
        assert picture.width > 500
        assert len(picture.convert("L").getcolors()) > 2


def test_nothing_is_drawn_unless_asked_for(tmp_path):
    run(parse([*SMALL, "--max_epochs=1", f"--default_root_dir={tmp_path}"]))
    assert not list(tmp_path.rglob("readings.png"))
