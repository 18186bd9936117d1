"""Learning rates that change during a training."""

import pytest
import torch

from text_recognizer.util import UserError
from training import run_experiment
from training.callbacks.learning_rate import LearningRate, read_schedule
from training.command_line.flags import parse
from training.runs.local import LocalRun

SMALL = ["--data_class=UCIDigits", "--model_class=MLP", "--fc1=8", "--fc2=8", "--batch_size=512", "--lr=0.01"]
SMALL += ["--enable_progress_bar=false", "--enable_model_summary=false", "--accelerator=cpu", "--devices=1"]
SMALL += ["--limit_test_batches=0"]


def rates(dirname, *argv):
    run_experiment.run(parse([*SMALL, f"--default_root_dir={dirname}", *argv]))
    newest = max(dirname.glob("*/version_*"), key=lambda path: int(path.name.split("_")[1]))
    return LocalRun(newest)


def test_the_rate_is_logged_and_the_gradient_if_asked_for(tmp_path):
    run = rates(tmp_path, "--max_epochs=2", "--log_gradient_norm")
    assert run.values["lr"] == pytest.approx([0.01, 0.01])
    assert min(run.values["gradient_norm"]) > 0


def test_a_schedule_of_a_file_is_followed(tmp_path):
    (tmp_path / "s.yaml").write_text("2: 0.001\n0: 0.02\n")
    run = rates(tmp_path, "--max_epochs=3", f"--lr_schedule={tmp_path / 's.yaml'}")
    assert run.values["lr"] == pytest.approx([0.02, 0.02, 0.001])


def test_cosine_is_stepped_at_each_step_and_ends_near_0(tmp_path):
    run = rates(tmp_path, "--max_epochs=4", "--scheduler=cosine")
    assert run.values["lr"] == sorted(run.values["lr"], reverse=True)
    assert run.values["lr"][0] < 0.01
    assert run.values["lr"][-1] < 0.001


def test_a_plateau_is_stepped_after_validations_that_are_no_better(tmp_path):
    run = rates(tmp_path, "--max_epochs=7", "--scheduler=plateau", "--lr=1e-12")  # val_loss stays what it is
    assert run.values["lr"][0] == pytest.approx(1e-12)
    assert torch.tensor(run.values["lr"]).diff().le(0).all()


def test_a_training_that_goes_on_may_have_another_rate(tmp_path):
    first = rates(tmp_path, "--max_epochs=1")
    last = first.dirname / "checkpoints/last.ckpt"
    run = rates(tmp_path, "--max_epochs=2", f"--resume={last}", "--set_lr=0.002")
    assert run.values["lr"] == pytest.approx([0.002])


@pytest.mark.parametrize("content", ["", "nothing", "a: 1", "0: -1", "-1: 0.1", "[1]", "0: fast", ": :"])
def test_a_file_that_is_no_schedule_is_one_line(content, tmp_path):
    (tmp_path / "s.yaml").write_text(content)
    with pytest.raises(UserError, match=r"s\.yaml: .*Expected lines such as '0: 0.001'"):
        read_schedule(str(tmp_path / "s.yaml"))


def test_a_missing_schedule_is_one_line():
    with pytest.raises(UserError, match="--lr_schedule=nowhere: No such file"):
        LearningRate(lr_schedule="nowhere")


def test_two_schedules_at_once_are_refused(tmp_path):
    (tmp_path / "s.yaml").write_text("0: 0.1")
    with pytest.raises(UserError, match="expected one of the two"):
        LearningRate(scheduler="cosine", lr_schedule=str(tmp_path / "s.yaml"))
    with pytest.raises(UserError, match=r"--one_cycle_max_lr=0.1 is a schedule of its own"):
        rates(tmp_path, "--max_epochs=1", "--scheduler=cosine", "--one_cycle_max_lr=0.1")
