"""Hydra builds the same runs as flags and YAML."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from text_recognizer.util import UserError
from training import lightning_cli, main, run_experiment
from training.command_line.flags import parse
from training.main import check_choice, flags_of, may_add
from training.runs.local import LocalRun

TRAINING_DIRNAME = Path(__file__).resolve().parents[2] / "training"
DATA = {"num_train": 8, "num_val": 4, "num_test": 4, "batch_size": 4, "max_length": 8}
NETWORK = {"conv_dim": 2, "lstm_dim": 4, "fc_dim": 8}
TRAINER = {"max_epochs": 1, "enable_progress_bar": "false", "enable_model_summary": "false", "accelerator": "cpu"}
TRAINER |= {"devices": 1}
GROUPS = {"data": DATA, "network": NETWORK, "trainer": TRAINER}
SMALL = [f"{group}.{key}={value}" for group, values in GROUPS.items() for key, value in values.items()]


def hydra(*words):
    """Run the command as it is typed, in the lab's training directory."""
    pytest.importorskip("hydra", reason="needs Hydra: make test-extras")
    command = [sys.executable, "main.py", *words]
    env = os.environ | {"HYDRA_FULL_ERROR": "0"}
    return subprocess.run(command, cwd=TRAINING_DIRNAME, capture_output=True, text=True, env=env)


@pytest.mark.extras
def test_hydra_yaml_and_flags_lead_to_the_same_loss(tmp_path):
    places = {name: tmp_path / name for name in ("hydra", "yaml", "flags")}
    here = ["+experiment=line_cnn_lstm", *SMALL, f"trainer.default_root_dir={places['hydra']}"]
    result = hydra(*here, f"hydra.run.dir={tmp_path / 'out'}")
    assert result.returncode == 0, result.stderr
    dotted = [f"--{word}" for word in SMALL]
    config = TRAINING_DIRNAME / "configs/emnist_lines.yaml"
    lightning_cli.main(["fit", f"--config={config}", *dotted, f"--trainer.default_root_dir={places['yaml']}"])
    flags = [f"--{key}={value}" for values in GROUPS.values() for key, value in values.items()]
    flags += ["--data_class=EMNISTLines", "--model_class=LineCNNLSTM", "--loss=ctc"]
    run_experiment.run(parse([*flags, f"--default_root_dir={places['flags']}"]))
    runs = [LocalRun(next(place.glob("*/version_0"))) for place in places.values()]
    for name in ("train_loss", "val_loss", "val_cer"):
        first, *others = [run.values[name] for run in runs]
        assert others == [first, first]


@pytest.mark.extras
def test_several_runs_and_mistakes(tmp_path):
    words = ["--multirun", *SMALL, "optimizer.lr=0.001,0.01", f"hydra.sweep.dir={tmp_path / 'out'}"]
    result = hydra(*words, f"trainer.default_root_dir={tmp_path}", "trainer.fast_dev_run=1")
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("The same with flags:") == 2
    result = hydra("data.no_such=3", f"hydra.run.dir={tmp_path / 'out'}")
    assert result.stderr.strip().startswith("error: --no_such=3: no such flag here. Expected one of")
    result = hydra("+experiment=nope")
    assert result.returncode != 0
    assert result.stderr == (
        "error: experiment=nope: no such file in conf/experiment. Expected one of "
        "conv_transformer_paragraphs, line_cnn_lstm, resnet_transformer_paragraphs\n"
    )


def test_a_missing_extra_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "hydra", None)
    with pytest.raises(SystemExit, match="error: Hydra is not installed: type python -m pip install hydra-core"):
        main.main([])


def test_groups_become_flags():
    config = {"data": {"data_class": "A", "batch_size": 4}, "seed": 1, "trainer": {"logger": None, "devices": [0, 1]}}
    assert flags_of(config) == ["--data_class=A", "--batch_size=4", "--seed=1", "--logger=null", "--devices=[0, 1]"]
    with pytest.raises(UserError, match=r"trainer\.seed=2: another group sets seed=1 already"):
        flags_of({"seed": 1, "trainer": {"seed": 2}})


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("data.batch_size=4", "++data.batch_size=4"),
        ("seed=1", "++seed=1"),
        ("data=iam_lines", "data=iam_lines"),
        ("+experiment=x", "+experiment=x"),
        ("--multirun", "--multirun"),
        ("hydra.run.dir=x", "hydra.run.dir=x"),
    ],
)
def test_any_flag_may_be_set(word, expected):
    assert may_add(word) == expected


@pytest.mark.parametrize(
    "word", ["network=line_cnn_lstm,line_resnet_lstm", "seed=1", "data.fc=x", "--multirun", "+a=b"]
)
def test_choices_that_there_are_pass(word):
    check_choice(word)


@pytest.mark.parametrize("word", ["network=line_cnn_lstm,x", "++network=x", "network=x"])
def test_a_choice_that_there_is_not_is_named(word):
    with pytest.raises(UserError, match=r"network=x: no such file in conf/network\. Expected one of conv_transformer,"):
        check_choice(word)


@pytest.mark.parametrize("filename", sorted((TRAINING_DIRNAME / "conf").glob("*/*.yaml")), ids=lambda path: path.stem)
def test_each_file_holds_flags_that_there_are(filename):
    content = yaml.safe_load(filename.read_text())
    content.pop("defaults", None)
    if filename.parent.name != "experiment":
        content = {filename.parent.name: content}
    flags = flags_of(content)
    if "paragraphs" in filename.stem:
        flags = ["--data_class=IAMParagraphs", "--model_class=ResnetTransformer", "--loss=transformer", *flags]
    assert parse(flags).classes
