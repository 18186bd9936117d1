"""The YAML interface builds the same runs as the flags."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from text_recognizer.data import EMNISTLines
from training import lightning_cli, run_experiment
from training.command_line.flags import parse
from training.runs.local import LocalRun

LAB_DIRNAME = Path(__file__).resolve().parents[2]
CONFIG = LAB_DIRNAME / "training/configs/emnist_lines.yaml"
DATA = {"num_train": 8, "num_val": 4, "num_test": 4, "batch_size": 4, "max_length": 8}
NETWORK = {"conv_dim": 2, "lstm_dim": 4, "fc_dim": 8}
TRAINER = {"max_epochs": 1, "enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu"}
TRAINER |= {"devices": 1}
SMALL = [
    *(f"--data.{key}={value}" for key, value in DATA.items()),
    *(f"--network.{key}={value}" for key, value in NETWORK.items()),
    *(f"--trainer.{key}={value}" for key, value in TRAINER.items()),
]
FLAGS = ["--data_class=EMNISTLines", "--model_class=LineCNNLSTM", "--loss=ctc", "--lr=0.001"]
FLAGS += [f"--{key}={value}" for key, value in (DATA | NETWORK | TRAINER).items()]


def command(subcommand, dirname, *argv):
    return lightning_cli.main(
        [subcommand, f"--config={CONFIG}", *SMALL, f"--trainer.default_root_dir={dirname}", *argv]
    )


def run_in(dirname):
    return LocalRun(next(dirname.glob("EMNISTLines_LineCNNLSTM_ctc/version_0")))


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    dirname = tmp_path_factory.mktemp("logs")
    command("fit", dirname, "--run.tags=yaml")
    return run_in(dirname)


def test_the_same_settings_and_seed_give_the_same_loss_as_flags(fitted, tmp_path):
    metrics = run_experiment.run(parse([*FLAGS, f"--default_root_dir={tmp_path}", "--tags=yaml"]))
    by_flags = run_in(tmp_path)
    for name in ("train_loss", "val_loss", "val_cer"):
        assert fitted.values[name] == by_flags.values[name]
    assert fitted.flags | {"default_root_dir": None} == by_flags.flags | {"default_root_dir": None}
    checkpoint = fitted.best_checkpoint(tmp_path).filename
    tested = command("test", tmp_path, f"--ckpt_path={checkpoint}").trainer.callback_metrics
    assert {name: value.item() for name, value in tested.items()} == metrics


def test_the_other_subcommands_take_a_checkpoint(fitted, tmp_path, capsys):
    checkpoint = fitted.best_checkpoint(tmp_path).filename
    cli = command("validate", tmp_path, f"--ckpt_path={checkpoint}")
    assert cli.trainer.callback_metrics["val_loss"].item() == pytest.approx(fitted.values["val_loss"][0])
    capsys.readouterr()
    command("predict", tmp_path, f"--ckpt_path={checkpoint}")
    assert capsys.readouterr().out.count("written: ") == DATA["num_test"]


def test_another_data_class_needs_nothing_else(tmp_path):
    argv = ["--data=EMNISTLines2", "--trainer.limit_train_batches=0", "--trainer.limit_val_batches=0"]
    argv += [*SMALL, "--data.max_length=16", "--trainer.fast_dev_run=1"]
    cli = lightning_cli.main(["fit", f"--config={CONFIG}", *argv, f"--trainer.default_root_dir={tmp_path}"])
    assert type(cli.datamodule).__name__ == "EMNISTLines2"
    assert len(cli.model.tokens) > 0


def test_a_batch_is_memorised_on_itself(tmp_path):
    cli = command("fit", tmp_path, "--trainer.overfit_batches=1")
    assert cli.datamodule.validates_on_train


def test_weights_to_begin_with_are_loaded(fitted, tmp_path):
    checkpoint = fitted.best_checkpoint(tmp_path).filename
    cli = command("fit", tmp_path, f"--run.load_checkpoint={checkpoint}", "--trainer.max_epochs=0")
    expected = run_experiment.read_checkpoint(str(checkpoint), "")["state_dict"]
    assert all((value == expected[name]).all() for name, value in cli.model.state_dict().items())


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["fit", "--data.no_such=3"], r"no_such: no such flag here\. Expected one of .*--batch_size"),
        (["fit", "--trainer.every_n_epochs=100"], "--trainer.every_n_epochs=100: no such flag"),
        (["fit", "--run.patiense=3"], "--run.patiense=3: no such flag. Did you mean --run.patience"),
        (["fit", "--data=Nope"], "--data=Nope: expected one of .*EMNISTLines"),
        (["fit", "--network=Nope"], "--network=Nope: expected one of .*LineCNN"),
        (["fit", "--trainer.max_epochs=many"], "--trainer.max_epochs=many: expected int"),
        (["fit", "--data.batch_size=0"], "--batch_size=0: expected 1 or more"),
        (["fit", "--config=nowhere.yaml"], r"nowhere\.yaml"),
        (["fit", "--seed_everything=-1"], "seed"),
    ],
)
def test_mistakes_are_one_line(argv, expected):
    with pytest.raises(SystemExit) as stop:
        run_experiment.main([argv[0], f"--config={CONFIG}", *argv[1:]])
    assert re.search(expected, str(stop.value)), stop.value
    assert "\n" not in str(stop.value)


def test_the_commands_of_the_readme_parse(monkeypatch):
    text = (LAB_DIRNAME / "readme.md").read_text(encoding="utf-8").replace("\\\n", "")
    commands = re.findall(r"^python training/run_experiment.py ((?:fit|validate|test|predict) .*)$", text, re.MULTILINE)
    if not commands and LAB_DIRNAME.name != "lab5":
        pytest.skip("lab 5's readme has these commands")
    assert commands
    monkeypatch.chdir(LAB_DIRNAME)
    monkeypatch.setattr(lightning_cli.ExperimentCLI, "_run_subcommand", lambda self, subcommand: None)
    for command in commands:
        assert lightning_cli.main(shlex.split(command, comments=True)).args.classes


def test_the_configuration_holds_nothing_that_is_a_default_elsewhere():
    content = yaml.safe_load(CONFIG.read_text())
    assert content["data"]["class_path"] == f"text_recognizer.data.{EMNISTLines.__name__}"
