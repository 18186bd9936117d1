"""Each sweep file gives commands that the real parser accepts, as `wandb agent` would write them."""

from pathlib import Path

import pytest
import yaml
from wandb.sdk.launch.sweeps.utils import create_sweep_command, create_sweep_command_args

from tests.wandb_records import read_records
from training import run_experiment
from training.command_line.flags import parse

LAB_DIRNAME = Path(__file__).resolve().parents[3]
SWEEPS = {path.stem: yaml.safe_load(path.read_text()) for path in (LAB_DIRNAME / "training/sweeps").glob("*.yml")}
ONE_BATCH = ["--max_epochs=1", "--limit_train_batches=1", "--limit_val_batches=1", "--limit_test_batches=1"]
ONE_BATCH += ["--batch_size=2", "--num_sanity_val_steps=0", "--enable_progress_bar=false"]
ONE_BATCH += ["--num_train=4", "--num_val=4", "--num_test=4"]
EACH_VALUE = [
    pytest.param(sweep, name, value, id=f"{sweep}-{name}={value}")
    for sweep, content in SWEEPS.items()
    for name, choice in content["parameters"].items()
    for value in choice.get("values", [choice.get("value")])
]


def command_of(sweep, **chosen):
    """Return the command line that `wandb agent` runs, with the first value of each parameter that is not chosen."""
    content = SWEEPS[sweep]
    values = {name: choice.get("values", [choice.get("value")])[0] for name, choice in content["parameters"].items()}
    args = create_sweep_command_args({"args": {name: {"value": value} for name, value in (values | chosen).items()}})
    known = {name: args[name] for name in ("args", "args_no_boolean_flags")}
    known |= {"env": ["/usr/bin/env"], "interpreter": ["python"], "program": [content["program"]]}
    words = [[word] if not word.startswith("${") else known[word[2:-1]] for word in content["command"]]
    assert create_sweep_command(content["command"]) == content["command"]  # no macro that is not filled in above
    return [word for part in words for word in part]


@pytest.mark.parametrize(("sweep", "name", "value"), EACH_VALUE)
def test_each_value_parses(sweep, name, value):
    command = command_of(sweep, **{name: value})
    assert command[:3] == ["/usr/bin/env", "python", "training/run_experiment.py"]
    assert f"--{name}={value}" in command
    args = parse(command[3:])
    assert (getattr(args, name), args.wandb) == (value, True)


@pytest.mark.parametrize("sweep", SWEEPS)
def test_a_run_of_the_sweep_logs_what_the_sweep_compares(sweep, tmp_path):
    run_experiment.run(parse([*command_of(sweep)[3:], *ONE_BATCH, f"--default_root_dir={tmp_path}"]))
    metric = SWEEPS[sweep]["metric"]
    logged = {item.key or item.nested_key[0] for row in read_records(tmp_path)["history"] for item in row.item}
    assert metric["name"] in logged
    assert metric["goal"] == "minimize"


def test_there_is_a_sweep():
    assert "emnist_lines2_line_cnn_transformer" in SWEEPS
