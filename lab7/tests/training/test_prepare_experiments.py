"""Commands that are printed from a file of experiments."""

import shlex
from pathlib import Path

import pytest

from training.command_line.flags import parse
from training.prepare_experiments import Files, main, prepare

LAB_DIRNAME = Path(__file__).resolve().parents[2]


def test_one_command_for_each_experiment(capsys):
    commands = prepare(Files([str(LAB_DIRNAME / "training/experiments.yaml")]))
    assert capsys.readouterr().out.splitlines() == commands
    args = [parse(shlex.split(command)[2:]) for command in commands]
    assert [(one.model_class, one.lr) for one in args] == [
        ("LineCNN", 0.001),
        ("LineCNN", 0.0003),
        ("LineCNNLSTM", 0.001),
        ("LineCNNLSTM", 0.0003),
    ]
    assert {one.max_epochs for one in args} == {10}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("experiments: [{lerning: 1}]", "x.yaml: experiment 1: --lerning=1: no such flag"),
        ("experiments: 3", "Expected 'experiments' with a list of flags"),
        ("a: [", "not YAML"),
        ("{experiments: [{lr: 1}], each: {lr: 1}}", "in 'each' flags with lists"),
    ],
)
def test_mistakes_are_one_line(content, expected, tmp_path, capsys):
    (tmp_path / "x.yaml").write_text(content)
    with pytest.raises(SystemExit) as stop:
        main([str(tmp_path / "x.yaml")])
    assert expected in str(stop.value)
    assert "\n" not in str(stop.value)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("argv", [[], ["nowhere.yaml"]])
def test_a_missing_file_is_one_line(argv):
    with pytest.raises(SystemExit, match=r"error: (expected a file|nowhere\.yaml: No such file)"):
        main(argv)
