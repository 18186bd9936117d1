"""What is typed becomes values, or an error of one line."""

import inspect

import pytest
import pytorch_lightning as pl
import yaml

from text_recognizer import data
from text_recognizer.util import UserError
from training.command_line.flags import CHOICES, Experiment, classes_of, parse
from training.command_line.signatures import build, flags_of, values_for


def error_of(*argv):
    with pytest.raises(UserError) as error:
        parse(argv)
    text = str(error.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize(("flag", "name"), [("data_class", "Nope"), ("model_class", "mlp"), ("loss", "hinge")])
def test_an_unknown_class_is_refused_with_the_choices(flag, name):
    text = error_of(f"--{flag}={name}")
    assert f"--{flag}={name}" in text
    assert all(choice in text for choice in CHOICES[flag])


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        ("--batch=3", "Did you mean --batch_size?"),
        ("--max_epoch=3", "Did you mean --max_epochs?"),
        ("--leraning_rte=3", "Expected one of"),
        ("--batch_size=many", "--batch_size=many: expected int"),
        ("--lr=fast", "--lr=fast: expected float"),
        ("--precision=99", "'bf16-mixed'"),
        ("--data_class", "--data_class: expected one argument"),
    ],
)
def test_a_wrong_flag_or_value_is_refused_with_what_would_do(flag, expected):
    assert expected in error_of(flag)


def test_every_default_is_that_of_a_signature():
    args = parse([])
    for cls in (Experiment, *args.classes.values(), pl.Trainer):
        parameters = inspect.signature(cls).parameters
        for name in set(flags_of(cls)) & parameters.keys():
            assert getattr(args, name) == parameters[name].default, name


def test_a_class_is_built_from_its_own_flags():
    args = parse(["--fc1=3", "--lr=0.5"])
    model = build(args.classes["model_class"], args, {"input_dims": (1, 2, 2), "mapping": "ab"})
    assert values_for(args.classes["model_class"], args) == {"fc1": 3, "fc2": 128, "dropout": 0.5}
    assert model.layers[1].out_features == 3


def test_every_flag_is_in_the_help_with_its_default(capsys):
    with pytest.raises(SystemExit) as stop:
        parse(["--help"])
    assert stop.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "--fc1 FC1 Width of the first hidden layer. (type: int, default: 1024)" in text
    for cls in (Experiment, pl.Trainer):
        assert all(f"--{name}" in text for name in flags_of(cls))


def test_a_yaml_file_gives_flags_and_what_is_typed_wins_wherever_it_stands(tmp_path):
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text("data_class: UCIDigits\nbatch_size: 5\nfc1: 7\n")
    two.write_text("batch_size: 6\n")
    args = parse(["--fc2=9", f"--config={one}", "--config", str(two)])
    assert (args.data_class, args.fc1, args.fc2, args.batch_size) == ("UCIDigits", 7, 9, 6)  # of two the later wins
    assert parse(["--batch_size=8", f"--config={one}"]).batch_size == 8


def test_the_written_config_gives_the_same_run(tmp_path):
    args = parse(["--data_class=UCIDigits", "--lr=0.5", "--max_epochs=3", "--logger=false"])
    filename = tmp_path / "config.yaml"
    filename.write_text(args.config_yaml)
    assert yaml.safe_load(args.config_yaml)["lr"] == 0.5
    assert vars(parse(["--config", str(filename)])) == vars(args)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("batch_sze: 3", "batch_size"),
        ("data_class: Nope", "expected one of"),
        ("- 3", "expected lines"),
        ("a: [", "not YAML"),
    ],
)
def test_a_bad_yaml_file_is_refused(content, expected, tmp_path):
    filename = tmp_path / "run.yaml"
    filename.write_text(content)
    assert expected in error_of(f"--config={filename}")


def test_a_missing_yaml_file_is_refused():
    assert "nowhere.yaml" in error_of("--config=nowhere.yaml")


def test_print_config_prints_a_yaml_file_of_flags(capsys):
    with pytest.raises(SystemExit):
        parse(["--model_class=MLP", "--fc1=3", "--print_config"])
    assert yaml.safe_load(capsys.readouterr().out)["fc1"] == 3


def test_base_classes_are_no_choice():
    assert "BaseDataModule" not in classes_of(data, data.BaseDataModule)
    assert "MNIST" in classes_of(data, data.BaseDataModule)
