"""The commands that led to a trained model."""

import shlex

import pytest
import yaml

from training.command_line.flags import parse
from training.run_experiment import run
from training.runs.provenance import command_of, commands_of

SMALL = ["--data_class=IAMLines", "--model_class=LineResNetLSTM", "--loss=ctc", "--stem_dim=2", "--lstm_dim=4"]
SMALL += ["--batch_size=2", "--max_epochs=1", "--limit_train_batches=1", "--limit_val_batches=1"]
SMALL += ["--limit_test_batches=1", "--accelerator=cpu", "--enable_progress_bar=false"]


def train(dirname, *more):
    """Train for a step; return the run's flags and its checkpoint."""
    run(parse([*SMALL, f"--default_root_dir={dirname}", *more]))
    newest = max(dirname.glob("*/version_*"))
    return yaml.safe_load((newest / "config.yaml").read_text()), newest / "checkpoints" / "last.ckpt"


@pytest.fixture(scope="module")
def stages(tmp_path_factory):
    """Train in three stages, each from the weights of the one before; return the flags of each."""
    dirname = tmp_path_factory.mktemp("somewhere") / "logs"
    first, checkpoint = train(dirname, "--lr=0.1")
    second, checkpoint = train(dirname, "--lr=0.2", f"--load_checkpoint={checkpoint}")
    third, _ = train(dirname, "--lr=0.3", f"--load_checkpoint={checkpoint}")
    return first, second, third


def test_all_stages_are_told_in_their_order(stages):
    commands = commands_of(stages[2])
    assert [next(word for word in shlex.split(command) if "--lr=" in word) for command in commands] == [
        "--lr=0.1",
        "--lr=0.2",
        "--lr=0.3",
    ]


def test_no_command_knows_the_machine_that_it_ran_on(stages, tmp_path):
    commands = "\n".join(commands_of(stages[2]))
    assert "somewhere" not in commands
    start = "--load_checkpoint=training/logs/IAMLines_LineResNetLSTM_ctc/version_1/checkpoints/last.ckpt"
    assert start in shlex.split(commands)
    assert "default_root_dir" not in commands


def test_where_the_first_training_is_gone_the_rest_is_told(stages):
    assert len(commands_of(stages[0] | {"load_checkpoint": "elsewhere/last.ckpt"})) == 1


def test_a_training_that_went_on_from_itself_ends_the_list(stages):
    assert len(commands_of(stages[2])) == 3
    looped = stages[1] | {"resume": stages[2]["load_checkpoint"]}  # its own checkpoint
    assert len(commands_of(looped)) >= 2


def test_the_command_trains_the_same():
    given = parse([*SMALL, "--lr=0.25"])
    again = parse(shlex.split(command_of(yaml.safe_load(given.config_yaml)))[2:])
    assert again.config_yaml == given.config_yaml
