import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import pytorch_lightning as pl
import wandb
import yaml

from tests.ports import free_port
from tests.wandb_records import read_records, values_of
from text_recognizer.data import UCIDigits
from text_recognizer.util import UserError
from training import run_experiment
from training.callbacks import wandb_run
from training.callbacks.wandb_run import choose_mode
from training.command_line.flags import parse

LAB_DIRNAME = Path(__file__).resolve().parents[3]
QUIET = ["--enable_progress_bar=false", "--enable_model_summary=false", "--accelerator=cpu", "--devices=1"]
SMALL = ["--data_class=UCIDigits", "--model_class=MLP", "--fc1=64", "--fc2=32", "--max_epochs=2"]


@pytest.fixture
def run(tmp_path):
    return lambda *argv: run_experiment.run(parse([*QUIET, *SMALL, f"--default_root_dir={tmp_path}", *argv]))


def test_flags_metrics_readings_and_the_best_checkpoint_are_logged(run, tmp_path, capsys):
    metrics = run("--wandb")
    records = read_records(tmp_path)
    config = values_of(records["run"][0].config.update)
    log_dirname = tmp_path / "UCIDigits_MLP_cross_entropy" / "version_0"
    flags = yaml.safe_load((log_dirname / "config.yaml").read_text())
    assert {name: config[name] for name in flags} == flags
    assert (records["run"][0].project, config["log_dirname"]) == ("text-recognizer", str(log_dirname))
    rows = [values_of(row.item) for row in records["history"]]
    assert [row["test_acc"] for row in rows if "test_acc" in row] == [pytest.approx(metrics["test_acc"])]
    best_val_loss = min(row["val_loss"] for row in rows if "val_loss" in row)
    captions = [row["readings/captions"] for row in rows if "readings/captions" in row]
    assert [len(texts) for texts in captions] == [8, 8]
    assert all(text.startswith("read: ") and "\nwritten: " in text for text in captions[0])
    (artifact,) = records["artifact"]
    assert artifact.type == "model"
    assert yaml.safe_load(artifact.metadata) == pytest.approx({"val_loss": best_val_loss} | metrics)
    assert {entry.path for entry in artifact.manifest.contents} == {"model.ckpt", "config.yaml"}
    assert records["exit"][0].exit_code == 0
    assert (log_dirname / "metrics.csv").is_file()
    assert not (LAB_DIRNAME / "wandb").exists()
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "W&B" in line]
    assert line.startswith("W&B is offline (WANDB_MODE=offline). To upload this run: ")
    assert Path(line.split()[-1]).parent == tmp_path / "wandb"
    assert wandb.run is None


@pytest.mark.parametrize(("is_stand_in", "tags"), [(True, ["STAND-IN"]), (False, [])])
def test_a_run_on_a_stand_in_has_a_tag(run, tmp_path, monkeypatch, is_stand_in, tags):
    monkeypatch.setattr(UCIDigits, "is_stand_in", is_stand_in)
    run("--wandb", "--max_epochs=1")
    (record,) = read_records(tmp_path)["run"]
    assert list(record.tags) == tags


@pytest.fixture
def project_of_a_team(monkeypatch):
    monkeypatch.setenv("WANDB_PROJECT", "mine")
    monkeypatch.setenv("WANDB_ENTITY", "ours")
    wandb.teardown()  # W&B reads its variables once in a process
    yield
    wandb.teardown()


@pytest.mark.usefixtures("project_of_a_team")
def test_the_variables_of_wandb_are_heeded(run, tmp_path):
    run("--wandb=true", "--max_epochs=1")
    (record,) = read_records(tmp_path)["run"]
    assert (record.project, record.entity) == ("mine", "ours")


class Interrupt(pl.Callback):
    def on_train_epoch_start(self, trainer, pl_module):
        if trainer.current_epoch == 1:
            raise KeyboardInterrupt


def test_an_interrupted_run_is_finished_with_its_best_checkpoint_so_far(tmp_path):
    args = parse([*QUIET, *SMALL, f"--default_root_dir={tmp_path}", "--wandb"])
    args.callbacks = Interrupt()
    handler = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(SystemExit):
            run_experiment.run(args)
    finally:
        signal.signal(signal.SIGINT, handler)  # Lightning ignores it from the first interrupt on
    records = read_records(tmp_path)
    assert records["exit"][0].exit_code == 1
    assert yaml.safe_load(records["artifact"][0].metadata).keys() == {"val_loss"}
    assert wandb.run is None


def test_a_run_without_checkpoints_has_no_artifact(run, tmp_path):
    run("--wandb", "--enable_checkpointing=false", "--limit_test_batches=0")
    records = read_records(tmp_path)
    assert "artifact" not in records
    assert records["exit"][0].exit_code == 0


def test_a_memorising_run_is_finished(run, tmp_path):
    run("--wandb", "--overfit_batches=1", "--batch_size=4")
    assert read_records(tmp_path)["exit"][0].exit_code == 0


@pytest.mark.parametrize("argv", [[], ["--wandb", "--fast_dev_run=1"], ["--wandb=False"]])
def test_nothing_is_written_unless_it_is_wanted(argv, run, tmp_path):
    run(*argv)
    assert not (tmp_path / "wandb").exists()


OUTSIDE = """
import contextlib, sys
from training import run_experiment
from training.callbacks import wandb_run
from training.callbacks.wandb_run import choose_mode, import_wandb
with contextlib.suppress(SystemExit):
    run_experiment.main(["--help"])
run_experiment.main(sys.argv[1:])
print("imported:", sorted(name for name in sys.modules if name.split(".")[0] == "wandb"))
print("mode:", choose_mode(import_wandb()))
"""


def test_it_is_imported_only_where_it_is_asked_for_and_asks_nobody_for_a_key(tmp_path):
    argv = [*QUIET, *SMALL, "--max_epochs=1", f"--default_root_dir={tmp_path}"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("WANDB")}
    environ |= {"HOME": str(tmp_path), "NETRC": str(tmp_path / "nothing")}
    command = [sys.executable, "-c", OUTSIDE, *argv]
    result = subprocess.run(command, cwd=LAB_DIRNAME, env=environ, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "--wandb [{true,false}]" in result.stdout
    assert result.stdout.splitlines()[-2:] == ["imported: []", "mode: ('offline', 'no API key')"]


@pytest.mark.parametrize(
    ("mode", "has_key", "where", "expected"),
    [
        ("online", True, "here", "online"),
        ("online", True, "nowhere", "offline"),
        ("online", False, "here", "offline"),
        ("offline", True, "here", "offline"),
        ("disabled", False, "here", "disabled"),
    ],
)
def test_only_with_a_key_and_a_server_that_answers_a_run_is_online(mode, has_key, where, expected, monkeypatch):
    monkeypatch.setattr(wandb_run, "answers", lambda address: address == "here")
    settings = SimpleNamespace(mode=mode, base_url=where)
    stub = SimpleNamespace(setup=lambda: SimpleNamespace(settings=settings))
    stub.login = lambda prompt, verify: has_key and not prompt and not verify
    assert choose_mode(stub)[0] == expected


def test_a_missing_package_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(SystemExit) as stop:
        run_experiment.main([*QUIET, *SMALL, "--wandb"])
    assert "python -m pip install --upgrade wandb" in str(stop.value)
    assert "\n" not in str(stop.value)


@pytest.mark.parametrize("error", [wandb.errors.CommError("no\nroute"), TypeError("unexpected argument")])
def test_where_wandb_does_not_start_the_error_is_one_line(error, run, monkeypatch):
    def fail(**_):
        raise error

    monkeypatch.setattr(wandb, "init", fail)
    with pytest.raises(UserError, match=r"--wandb: .*: (no route|unexpected argument)\. .*WANDB_MODE=offline"):
        run("--wandb")


def test_where_the_server_takes_no_run_it_goes_on_offline(run, tmp_path, monkeypatch, capsys):
    start = wandb.init

    def refuse(mode, **settings):
        if mode == "online":
            raise wandb.errors.CommError("no\nroute")
        return start(mode=mode, **settings)

    monkeypatch.setattr(wandb, "init", refuse)
    monkeypatch.setattr(wandb_run, "choose_mode", lambda _: ("online", ""))
    run("--wandb", "--tags=night,x")
    assert "W&B is offline (no route). To upload this run" in capsys.readouterr().out
    record = read_records(tmp_path)["run"][0]
    assert list(record.tags) == ["night", "x"]


def test_without_the_csv_log_there_is_no_log_beside_it(run):
    with pytest.raises(UserError, match="--wandb logs beside the CSV log"):
        run("--wandb", "--logger=false")


IAM_COMMAND = "--data_class=IAMLines --model_class=LineCNNTransformer --loss=transformer --wandb --gpus=-1 --lr=0.001"
IAM_COMMAND += " --accelerator=ddp --num_workers=12 --max_epochs=1 --limit_train_batches=1 --limit_val_batches=1"
TWO_PROCESSES = [*SMALL, "--wandb", "--accelerator=cpu", "--devices=2", "--strategy=ddp"]


@pytest.mark.slow
@pytest.mark.parametrize("argv", [IAM_COMMAND.split(), TWO_PROCESSES], ids=["published", "two processes"])
def test_one_process_of_a_distributed_training_logs(argv, tmp_path):
    argv = [*argv, "--batch_size=4", "--enable_progress_bar=false", f"--default_root_dir={tmp_path}"]
    command = [sys.executable, "training/run_experiment.py", *argv]
    environment = os.environ | {"MASTER_PORT": str(free_port())}
    result = subprocess.run(command, cwd=LAB_DIRNAME, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert (result.stdout + result.stderr).count("W&B is offline") == 1
    assert read_records(tmp_path)["exit"][0].exit_code == 0
