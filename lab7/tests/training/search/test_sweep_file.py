"""Sweep files in the form of Weights & Biases."""

from pathlib import Path

import pytest
import yaml

from text_recognizer.util import UserError
from training.search.sweep_file import Parameter, grid_of, read_sweep

LAB_DIRNAME = Path(__file__).resolve().parents[3]
FILES = [*sorted((LAB_DIRNAME / "training/sweeps").glob("*.yml")), LAB_DIRNAME / "training/sweep_emnist_resnet.yml"]


def write(tmp_path, **content):
    filename = tmp_path / "some.yml"
    filename.write_text(yaml.safe_dump({"parameters": {"lr": {"value": 1}}} | content, sort_keys=False))
    return str(filename)


@pytest.mark.parametrize("filename", FILES, ids=lambda path: path.stem)
def test_the_labs_own_files_are_read(filename):
    sweep = read_sweep(str(filename))
    assert (sweep.name, sweep.metric, sweep.goal) == (filename.stem, "val_loss", "minimize")
    assert sweep.varied
    assert not any("wandb" in word for word in sweep.fixed)


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"value": 3}, Parameter("x", (3,))),
        ({"values": ["a", None]}, Parameter("x", ("a", None))),
        ({"min": 1, "max": 4}, Parameter("x", (), 1, 4, is_whole=True)),
        ({"min": 0.0, "max": 4}, Parameter("x", (), 0.0, 4)),
        ({"distribution": "q_uniform", "q": 16, "min": 16, "max": 64}, Parameter("x", (), 16, 64, 16, False, True)),
        ({"distribution": "q_uniform", "q": 0.1, "min": 0.0, "max": 1.0}, Parameter("x", (), 0.0, 1.0, 0.1)),
        ({"distribution": "log_uniform_values", "min": 0.1, "max": 1.0}, Parameter("x", (), 0.1, 1.0, is_log=True)),
    ],
)
def test_each_way_to_vary_a_flag_is_understood(how, expected, tmp_path):
    assert read_sweep(write(tmp_path, parameters={"x": how})).parameters == (expected,)


def test_flags_are_those_of_the_command_and_the_values(tmp_path):
    command = ["${env}", "${interpreter}", "${program}", "--wandb=true", "--config=base.yaml", "${args}"]
    parameters = {"lr": {"value": 0.1}, "fc1": {"values": [8, 16]}, "logger": {"value": None}}
    sweep = read_sweep(write(tmp_path, command=command, parameters=parameters))
    assert sweep.flags({"fc1": 16}) == ["--config=base.yaml", "--lr=0.1", "--fc1=16", "--logger=null"]
    assert [one.name for one in sweep.varied] == ["fc1"]
    assert grid_of(sweep) == {"fc1": [8, 16]}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"method": "magic"}, "method=magic: expected one of random, grid, bayes"),
        ({"metric": {"name": "val_loss", "goal": "best"}}, "goal=best: expected one of minimize, maximize"),
        ({"parameters": []}, "expected 'parameters' with flags"),
        ({"parameters": {"lr": 3}}, "lr: expected value, values, or min and max; got 3"),
        ({"parameters": {"lr": {"values": []}}}, "expected a list"),
        ({"parameters": {"lr": {"min": 1}}}, "expected value, values, or the numbers min and max"),
        ({"parameters": {"lr": {"min": 2, "max": 1}}}, "expected min below max"),
        ({"parameters": {"lr": {"min": 0, "max": 1, "distribution": "log_uniform_values"}}}, "both above 0"),
        ({"parameters": {"lr": {"min": 0, "max": 1, "distribution": "beta"}}}, "beta: expected one of constant"),
    ],
)
def test_mistakes_name_the_file_and_what_was_expected(content, expected, tmp_path):
    filename = write(tmp_path, **content)
    with pytest.raises(UserError, match=expected) as error:
        read_sweep(filename)
    assert str(error.value).startswith(filename)


def test_a_grid_needs_an_end_of_values(tmp_path):
    filename = write(tmp_path, method="grid", parameters={"lr": {"min": 0.1, "max": 0.2}, "fc1": {"min": 1, "max": 3}})
    with pytest.raises(UserError, match="lr has no end of values"):
        grid_of(read_sweep(filename))


def test_what_is_no_sweep_file_is_one_line(tmp_path):
    with pytest.raises(UserError, match=r"nowhere\.yml: No such file"):
        read_sweep("nowhere.yml")
    (tmp_path / "x.yml").write_text("a: [")
    with pytest.raises(UserError, match="not YAML"):
        read_sweep(str(tmp_path / "x.yml"))
