import inspect

import pytest
import pytorch_lightning as pl
import yaml

from text_recognizer.util import UserError
from training.callbacks import CALLBACKS
from training.experiment import Experiment
from training.flags import CHOICES, check_owners, classes_of, flags_of, parse


class Owner:
    def __init__(self, size: int = 3): ...


class Rival:
    def __init__(self, size: int = 4, other: int = 1): ...


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
        ("--num_samples=3", "FakeImageData"),
    ],
)
def test_an_unknown_or_shortened_flag_is_refused_with_what_would_do(flag, expected):
    assert expected in error_of(flag)


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        ("--batch_size=many", "--batch_size=many: expected int"),
        ("--lr=fast", "--lr=fast: expected float"),
        ("--max_epochs=x", "--max_epochs=x: expected int"),
        ("--precision=99", "'bf16-mixed'"),
        ("--nan_guard=maybe", "expected bool"),
        ("--data_class", "--data_class: expected one argument"),
    ],
)
def test_a_bad_value_is_refused_with_what_was_expected(flag, expected):
    assert expected in error_of(flag)


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--channels_last"], True),
        (["--channels_last", "--lr=0.1"], True),
        (["--channels_last", "false"], False),
        (["--channels_last=False"], False),
        (["--channels_last=True"], True),
    ],
)
def test_a_switch_may_stand_alone(argv, expected):
    assert parse(argv).channels_last is expected


def test_every_default_is_that_of_a_signature():
    args = parse([])
    for cls in (Experiment, *CALLBACKS, *args.classes.values(), pl.Trainer):
        parameters = inspect.signature(cls).parameters
        for name in set(flags_of(cls)) & parameters.keys():
            assert getattr(args, name) == parameters[name].default, name


def test_every_flag_is_in_the_help_with_its_default(capsys):
    with pytest.raises(SystemExit) as stop:
        parse(["--help"])
    assert stop.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "--fc1 FC1 Width of the first hidden layer. (type: int, default: 1024)" in text
    for cls in (Experiment, *CALLBACKS, pl.Trainer):
        assert all(f"--{name}" in text for name in flags_of(cls))


def test_a_yaml_file_gives_flags_and_what_is_typed_wins_wherever_it_stands(tmp_path):
    filename = tmp_path / "run.yaml"
    filename.write_text("data_class: FakeImageData\nnum_classes: 7\nbatch_size: 5\n")
    args = parse(["--batch_size=6", f"--config={filename}"])
    assert (args.data_class, args.num_classes, args.batch_size) == ("FakeImageData", 7, 6)


def test_of_two_yaml_files_the_later_wins(tmp_path):
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text("data_class: FakeImageData\nbatch_size: 5\nnum_classes: 7\n")
    two.write_text("batch_size: 6\n")
    args = parse([f"--config={one}", "--config", str(two)])
    assert (args.data_class, args.num_classes, args.batch_size) == ("FakeImageData", 7, 6)


def test_the_written_config_gives_the_same_run(tmp_path):
    args = parse(["--data_class=FakeImageData", "--num_classes=7", "--lr=0.5", "--max_epochs=3", "--logger=false"])
    filename = tmp_path / "config.yaml"
    filename.write_text(args.config_yaml)
    assert yaml.safe_load(args.config_yaml)["lr"] == 0.5
    again = parse(["--config", str(filename)])
    assert vars(again) == vars(args)


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


def test_two_owners_of_one_name_are_an_error():
    with pytest.raises(ValueError, match="--size belongs to a data class and to a model class"):
        check_owners({"a data class": [Owner], "a model class": [Rival]})


def test_classes_of_one_owner_may_share_a_name():
    check_owners({"a data class": [Owner, Rival]})


def test_base_classes_are_no_choice():
    from text_recognizer import data

    assert "BaseDataModule" not in classes_of(data, data.BaseDataModule)
    assert "MNIST" in classes_of(data, data.BaseDataModule)
