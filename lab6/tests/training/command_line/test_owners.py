"""Each flag has one owner, and callbacks and switches are flags too."""

import inspect

import pytest
import pytorch_lightning as pl

from text_recognizer.util import UserError
from training.callbacks import CALLBACKS
from training.command_line.experiment import Experiment
from training.command_line.flags import check_owners, flags_of, parse


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


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        ("--nan_gard=3", "Did you mean --nan_guard?"),
        ("--leraning_rte=3", "a flag of Lightning's Trainer"),
        ("--num_samples=3", "FakeImageData"),
    ],
)
def test_an_unknown_or_shortened_flag_is_refused_with_what_would_do(flag, expected):
    assert expected in error_of(flag)


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        ("--max_epochs=x", "--max_epochs=x: expected int"),
        ("--nan_guard=maybe", "expected bool"),
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


def test_two_owners_of_one_name_are_an_error():
    with pytest.raises(ValueError, match="--size belongs to a data class and to a model class"):
        check_owners({"a data class": [Owner], "a model class": [Rival]})


def test_classes_of_one_owner_may_share_a_name():
    check_owners({"a data class": [Owner, Rival]})
    with pytest.raises(ValueError, match="--other belongs to a data class and"):  # not in two
        check_owners({"a data class": [Owner, Rival], "a model class": [Rival]})
