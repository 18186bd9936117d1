"""The command that searches; what needs an engine is in search/test_engines.py."""

import sys
from pathlib import Path

import pytest
import yaml

from training import sweep

LAB_DIRNAME = Path(__file__).resolve().parents[2]


@pytest.fixture
def filename(tmp_path):
    parameters = {"data_class": {"value": "UCIDigits"}, "model_class": {"value": "MLP"}, "fc1": {"values": [8, 16]}}
    (tmp_path / "some.yml").write_text(yaml.safe_dump({"parameters": parameters}))
    return str(tmp_path / "some.yml")


def test_a_file_settings_and_flags_are_told_apart(filename):
    file, settings, flags = sweep.parse_command([filename, "--engine=ray", "--num_trials=3", "--fc2=8"])
    assert (file.name, settings.engine, settings.num_trials) == ("some", "ray", 3)
    assert flags == ["--fc2=8", "--tags=some"]


@pytest.mark.parametrize("name", ["sweep_emnist_resnet.yml", "sweeps/emnist_lines2_line_cnn_transformer.yml"])
def test_the_labs_own_sweeps_are_checked_flag_by_flag(name, monkeypatch):
    monkeypatch.chdir(LAB_DIRNAME)
    file, _, _ = sweep.parse_command([f"training/{name}"])
    assert file.varied


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--engine=magic"], "error: --engine=magic: expected 'optuna', 'ray'"),
        (["--num_trials=0"], "error: --num_trials=0: expected 1 or more"),
        (["--population=4"], "error: --population=4 --engine=optuna: expected 2 or more, with ray"),
        (["--num_trails=3"], "error: --num_trails=3: no such flag. Did you mean --num_trials"),
        (["--fc1x=3"], "error: --fc1x=3: no such flag"),
    ],
)
def test_mistakes_are_one_line(argv, expected, filename):
    with pytest.raises(SystemExit) as stop:
        sweep.main([filename, *argv])
    assert str(stop.value).startswith(expected)
    assert "\n" not in str(stop.value)


@pytest.mark.parametrize(
    ("name", "value", "expected"), [("lerning_rate", 1, "--lerning_rate"), ("fc2", "wide", "--fc2=wide: expected int")]
)
def test_a_sweep_file_with_a_flag_that_does_not_exist_is_one_line(name, value, expected, filename):
    content = yaml.safe_load(Path(filename).read_text())
    content["parameters"][name] = {"values": [value]}
    Path(filename).write_text(yaml.safe_dump(content))
    with pytest.raises(SystemExit) as stop:
        sweep.main([filename])
    assert expected in str(stop.value)
    assert "\n" not in str(stop.value)


@pytest.mark.parametrize(("engine", "package"), [("optuna", "optuna"), ("ray", "ray")])
def test_a_missing_extra_is_one_line(engine, package, filename, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, f"training.search.{engine}_engine", raising=False)
    with pytest.raises(
        SystemExit, match=rf"error: --engine={engine}: not installed \(.*\)\. Type: python -m pip install"
    ):
        sweep.main([filename, f"--engine={engine}"])


def test_no_file_is_one_line():
    with pytest.raises(SystemExit, match="error: expected a sweep file first"):
        sweep.main(["--engine=optuna"])
