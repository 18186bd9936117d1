"""The helper of the commands whose settings are a dataclass."""

import errno
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from text_recognizer.util import UserError, write_atomically
from training.command_line.settings import parse_beside_run, parse_settings, run_command

ABOUT = """Cooks.

    python cook.py --dish=soup
"""


@dataclass
class Cooking:
    """What is cooked.

    Parameters
    ----------
    dish
        Soup or stew.
    num_guests
        How many eat.
    is_hot
        Serve it hot.
    pot
        Where it is cooked.
    spices
        What goes into it.
    """

    dish: Literal["soup", "stew"] = "soup"
    num_guests: int = 2
    is_hot: bool = True
    pot: Path | None = None
    spices: list[str] = field(default_factory=list)

    def __post_init__(self):
        if self.num_guests < 1:
            raise UserError(f"--num_guests={self.num_guests}: expected 1 or more")


def error_of(*argv, action=lambda settings: None, **parsing):
    with pytest.raises(SystemExit) as stop:
        run_command(action, Cooking, ABOUT, argv, **parsing)
    text = str(stop.value)
    assert text.startswith("error: ")
    assert "\n" not in text
    return text.removeprefix("error: ")


def test_flags_become_settings_and_a_switch_may_stand_alone():
    assert parse_settings(Cooking, ABOUT, []) == Cooking()
    given = parse_settings(Cooking, ABOUT, ["--dish=stew", "--num_guests", "3", "--pot=a/b", "--is_hot"])
    assert given == Cooking("stew", 3, True, Path("a/b"))
    assert not parse_settings(Cooking, ABOUT, ["--is_hot=false"]).is_hot


def test_words_that_are_no_flags_may_have_a_field_of_their_own():
    assert parse_settings(Cooking, ABOUT, ["salt", "dill", "--dish=stew"], words="spices").spices == ["salt", "dill"]
    assert parse_settings(Cooking, ABOUT, [], words="spices") == Cooking()
    assert "salt" in error_of("salt")


@dataclass
class Baking:
    """What is baked.

    Parameters
    ----------
    cake
        Which cake.
    """

    cake: str


def test_a_flag_that_must_be_given_is_asked_for():
    with pytest.raises(UserError, match=r"^--cake is missing"):
        parse_settings(Baking, ABOUT, [])


def test_an_older_name_of_a_flag_is_read_and_said(capsys):
    assert parse_settings(Cooking, ABOUT, ["--guests=4"], older={"--guests": "--num_guests"}).num_guests == 4
    assert capsys.readouterr().out == "--guests is an older spelling, read as: --num_guests\n"


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        ("--num_guest=3", "--num_guest=3: no such flag. Did you mean --num_guests?"),
        (
            "--batch_size=3",
            "--batch_size=3: no such flag here. Expected one of --help --dish --num_guests --is_hot --pot --spices",
        ),
        ("--dish=cake", "--dish=cake: expected 'soup', 'stew'"),
        ("--num_guests=many", "--num_guests=many: expected int"),
        ("--num_guests=0", "--num_guests=0: expected 1 or more"),
    ],
)
def test_an_error_names_only_flags_that_the_command_has(flag, expected):
    assert error_of(flag) == expected


def test_a_file_that_cannot_be_written_is_one_line_with_its_name(tmp_path, monkeypatch):
    (tmp_path / "file").touch()

    def cook(settings):
        with write_atomically(settings.pot) as file:
            file.write(b"soup")

    assert error_of(f"--pot={tmp_path / 'file' / 'pot'}", action=cook).startswith(f"{tmp_path / 'file'}: ")

    def no_space(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    assert error_of(f"--pot={tmp_path / 'pot'}", action=cook) == (
        f"{tmp_path / 'pot'}: cannot be read or written (No space left on device)"
    )


def test_a_defect_of_ours_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        run_command(lambda settings: 1 / 0, Cooking, ABOUT, [])


def test_help_says_what_the_command_does_and_explains_each_flag(capsys):
    with pytest.raises(SystemExit) as stop:
        run_command(print, Cooking, ABOUT, ["--help"], words="spices")
    assert stop.value.code == 0
    printed = capsys.readouterr().out
    assert "[--flag=value ...] [spices ...]" in printed
    assert "    python cook.py --dish=soup\n" in printed
    for text in ("How many eat.", "default: 2", "What goes into it."):
        assert text in printed
    assert "Parameters" not in printed


def parse_both(*argv):
    recipe = ["--data_class=UCIDigits", "--model_class=MLP"]
    return parse_beside_run(Cooking, ABOUT, argv, lambda cooking: recipe, ["--data_class", "--seed"])


def test_flags_of_a_training_are_told_from_the_commands_own():
    own, flags = parse_both("--lr=0.1", "--dish=stew", "--fc1", "8", "--num_guests", "3", "--gpus=0")
    assert own == Cooking("stew", 3)
    assert flags == ["--lr=0.1", "--fc1", "8", "--gpus=0"]


def test_a_mistyped_flag_is_named_before_what_else_is_wrong():
    with pytest.raises(UserError, match=r"--drop_out=0: no such flag\. Did you mean --dropout"):
        parse_both("--num_guests=many", "--drop_out=0")
    with pytest.raises(UserError, match="num_guests"):
        parse_both("--num_guests=many", "--lr=0.1")


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        ("--seed=1", "--seed=1: this command sets it itself. Expected --dish, --num_guests"),
        ("--num_guest=3", "--num_guest=3: no such flag. Did you mean --num_guests?"),
        ("--drop_out=0", "--drop_out=0: no such flag. Did you mean --dropout?"),
        ("--seeds=1", "--seeds=1: no such flag here. Expected --dish, --num_guests, .* another flag of run_experiment"),
        ("--tf_dim=1", "--tf_dim=1: no such flag here. Expected --dish"),  # of a model that was not chosen
        ("--dish=cake", "--dish=cake: expected 'soup', 'stew'"),
    ],
)
def test_flags_that_neither_has_are_refused(flag, expected):
    with pytest.raises(UserError, match=f"^{expected}"):
        parse_both(flag)
