"""The recipe of the recogniser: its commands can be typed, stages begin with earlier ones, and a kill loses little."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.tiny_artifact import draw_page
from tests.training.runs.test_local import write_run
from text_recognizer.data import copiste_lines
from text_recognizer.recognizer import artifact_files
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from text_recognizer.util import UserError
from training import run_experiment
from training import save_best_model as save_best
from training import train_recognizer as recipes
from training.command_line.flags import parse
from training.language import count_ngrams
from training.runs.decoder_recipes import DECODER_RECIPES
from training.runs.reader_recipes import READER_RECIPES
from training.train_recognizer import RECIPES, Recipe, Stage, main, newest_checkpoint
from training.train_recognizer import train_recognizer as train

TINY = Recipe(
    (
        Stage("fonts", "SyntheticLines", "--max_epochs=2"),
        Stage("lines", "MixedLines", "--max_epochs=2", begins_with="fonts"),
        Stage("pages", "MixedParagraphs", "--max_epochs=2", begins_with="fonts"),
    ),
    counting="--free_text=true",
    ending="_tiny",
)


def write_checkpoint(filename, global_step=10):
    torch.save({"state_dict": {}, "pytorch-lightning_version": "2", "global_step": global_step}, filename)


class Shell:
    """Stands for the machine: a training leaves logs and checkpoints; the one whose data is `killed` is cut short."""

    def __init__(self, monkeypatch, killed=None):
        self.killed = killed
        self.commands = []
        monkeypatch.setattr(recipes, "run_to_its_end", self.run)
        monkeypatch.setattr(recipes, "check_data", lambda stages: None)

    def run(self, words):
        assert words[0] == sys.executable
        self.commands.append(words[1:])
        flags = dict(word.removeprefix("--").split("=", 1) for word in words[2:] if "=" in word)
        if words[1] == "training/run_experiment.py":
            name = flags["data_class"]
            where = recipes.LAB_DIRNAME / flags["default_root_dir"]
            version = len([*where.glob("*/version_*")])
            run = write_run(where, version, [0.5, 0.4], flags={"data_class": name, "loss": "ctc"}, name=f"{name}_M_ctc")
            for filename in (run / "checkpoints").glob("*.ckpt"):
                write_checkpoint(filename)
            if name == self.killed:
                raise KeyboardInterrupt
        return 0

    def flag(self, i, name):
        (value,) = (word.split("=", 1)[1] for word in self.commands[i] if word.startswith(f"--{name}="))
        return value


@pytest.mark.parametrize("recipe", [*RECIPES.values(), *READER_RECIPES.values(), *DECODER_RECIPES.values()])
def test_run_experiment_takes_the_flags_of_each_stage(recipe):
    for stage in recipe.stages:
        args = parse([f"--data_class={stage.data_class}", *shlex.split(stage.flags)])
        assert args.max_epochs > 1


@pytest.mark.parametrize("recipe", [RECIPES["open"], READER_RECIPES["open_reader"]])
def test_the_open_recipe_needs_nothing_with_a_restricted_licence(recipe):
    assert "free_text" in recipe.counting
    for stage in recipe.stages:
        assert "--free_text=true" in stage.flags or stage.data_class == "DrawnWorld"  # which writes nothing else
        assert "IAM" not in stage.data_class + stage.flags


def test_the_recipe_of_the_decoder_begins_with_the_shipped_encoder_and_replaces_no_recogniser(tmp_path, monkeypatch):
    shell = Shell(monkeypatch)
    recipe = DECODER_RECIPES["resnet-transformer"]
    train(recipe, tmp_path, overwrite=True)
    start = recipes.LAB_DIRNAME / shell.flag(0, "load_checkpoint")
    assert start.is_file()
    assert [word for word in shell.commands[-1] if "artifact" in word] == ["--artifact=resnet_transformer"]
    assert shell.flag(2, "data_class") == "IAMOriginalAndSyntheticParagraphs"  # the command of the course


def test_a_recipe_of_the_reader_ends_with_the_model_of_lines(tmp_path, monkeypatch):
    shell = Shell(monkeypatch)
    train(READER_RECIPES["research_reader"], tmp_path)
    scripts = [Path(command[0]).name for command in shell.commands]
    assert scripts == ["run_experiment.py"] * 4 + ["count_ngrams.py", "save_best_model.py"]
    assert shell.flag(5, "trained_data_class") == "ReaderLines"
    assert "last-lines" in shell.flag(5, "log_dirname")


def test_each_stage_begins_with_the_best_weights_of_the_one_it_names(tmp_path, monkeypatch):
    shell = Shell(monkeypatch)
    train(TINY, tmp_path, also="--num_workers=3")
    scripts = [Path(command[0]).name for command in shell.commands]
    assert scripts == ["run_experiment.py"] * 3 + ["count_ngrams.py"] + ["save_best_model.py"] * 2
    assert all("--num_workers=3" in command for command in shell.commands[:3])
    best = tmp_path / "fonts" / "SyntheticLines_M_ctc" / "version_0" / "checkpoints" / "epoch=1-val_loss=0.4000.ckpt"
    assert [shell.flag(i, "load_checkpoint") for i in (1, 2)] == [str(best), str(best)]
    names = [f"{tmp_path.name}-lines", tmp_path.name]
    assert [shell.flag(i, "artifact") for i in (4, 5)] == names
    assert shell.flag(5, "lines").endswith(f"artifacts/{names[0]}")
    assert shell.flag(4, "ngrams") == shell.flag(3, "output")


def test_the_line_finder_is_put_into_the_recogniser_or_in_the_place_of_the_shipped_one(tmp_path, monkeypatch):
    recipe = Recipe((*TINY.stages, Stage("finder", "DrawnWorld", "--model_class=LineFinder")))
    shell = Shell(monkeypatch)
    train(recipe, tmp_path)
    finder = f"{tmp_path.name}-finder"
    assert shell.flag(6, "artifact") == finder
    assert shell.flag(7, "finder").endswith(f"artifacts/{finder}")
    shell.commands.clear()
    train(recipe, tmp_path, overwrite=True)
    assert shell.flag(2, "artifact") == "line_finder"
    assert not any(word.startswith("--finder") for word in shell.commands[3])


def test_the_line_finder_can_be_trained_alone(tmp_path, monkeypatch):
    shell = Shell(monkeypatch)
    train(RECIPES["finder"], tmp_path)
    assert [Path(command[0]).name for command in shell.commands] == ["run_experiment.py", "save_best_model.py"]


def test_what_is_shipped_is_replaced_only_if_one_says_so(tmp_path, monkeypatch):
    shell = Shell(monkeypatch)
    train(TINY, tmp_path)
    assert not any("text_recognizer_tiny" in word for command in shell.commands for word in command)
    shell.commands.clear()
    train(TINY, tmp_path, overwrite=True)
    names = ["line_text_recognizer_tiny", "paragraph_text_recognizer_tiny"]
    assert [shell.flag(i, "artifact") for i in (1, 2)] == names
    assert shell.flag(2, "lines").endswith(f"artifacts/{names[0]}")


def test_an_artifact_of_other_logs_is_not_replaced_and_its_own_is(tmp_path, monkeypatch):
    monkeypatch.setattr(recipes, "ARTIFACTS_DIRNAME", tmp_path / "artifacts")
    shell = Shell(monkeypatch)
    train(TINY, tmp_path / "logs")
    (tmp_path / "artifacts" / "logs").mkdir(parents=True)  # as it was saved
    train(TINY, tmp_path / "logs")
    shell.commands.clear()
    with pytest.raises(UserError, match=r"logs is there already, and was not made from .*choose another --log_dirname"):
        train(TINY, tmp_path / "other" / "logs")
    assert shell.commands == []


def test_after_a_kill_finished_stages_are_kept_and_the_other_goes_on(tmp_path, monkeypatch):
    Shell(monkeypatch, killed="MixedLines")
    with pytest.raises(KeyboardInterrupt):
        train(TINY, tmp_path)
    shell = Shell(monkeypatch)
    train(TINY, tmp_path)
    assert [shell.flag(i, "data_class") for i in (0, 1)] == ["MixedLines", "MixedParagraphs"]
    assert Path(shell.flag(0, "resume")).parents[1] == tmp_path / "lines" / "MixedLines_M_ctc" / "version_0"
    assert not any(word.startswith("--load_checkpoint") for word in shell.commands[0])
    shell.commands.clear()
    train(TINY, tmp_path)
    assert len(shell.commands) == 3  # only what counts and saves
    shell.commands.clear()
    shutil.rmtree(tmp_path / "pages")
    train(TINY, tmp_path)
    assert shell.flag(0, "data_class") == "MixedParagraphs"
    assert not any(word.startswith("--resume") for word in shell.commands[0])


def test_half_a_checkpoint_is_left_out(tmp_path, capsys):
    run = write_run(tmp_path, 0, [0.5])
    whole, half = run / "checkpoints" / "epoch=0-val_loss=0.5000.ckpt", run / "checkpoints" / "last.ckpt"
    write_checkpoint(whole)
    half.write_bytes(whole.read_bytes()[:200])
    assert newest_checkpoint(tmp_path) == whole
    assert "last.ckpt: not a whole checkpoint" in capsys.readouterr().out
    assert newest_checkpoint(tmp_path / "nowhere") is None


def test_the_furthest_checkpoint_is_the_newest_whatever_the_dates_of_the_files(tmp_path):
    for version, step in enumerate((10, 30, 20)):
        write_checkpoint(write_run(tmp_path, version, [0.5]) / "checkpoints" / "last.ckpt", step)
    for empty in tmp_path.rglob("epoch=*.ckpt"):
        empty.unlink()
    assert newest_checkpoint(tmp_path).parents[1].name == "version_1"


def test_a_command_that_fails_ends_it(tmp_path, monkeypatch):
    Shell(monkeypatch)
    monkeypatch.setattr(recipes, "run_to_its_end", lambda words: 3)
    with pytest.raises(UserError, match="ended with status 3"):
        train(TINY, tmp_path)
    assert not [*tmp_path.rglob("finished.txt")]


def test_what_is_missing_comes_to_light_before_the_first_training(tmp_path, monkeypatch):
    monkeypatch.setattr(copiste_lines, "ZIP_FILENAME", tmp_path / "copiste_lines.zip")
    monkeypatch.setattr(copiste_lines, "PREPARED_FILENAME", tmp_path / "lines.h5")
    monkeypatch.setattr(recipes, "run_to_its_end", None)  # cannot be called
    stages = (Stage("fonts", "SyntheticLines", ""), Stage("lines", "CopisteLines", "", "fonts"))
    with pytest.raises(UserError, match=r"copiste_lines\.zip is missing"):
        train(Recipe(stages), tmp_path)


def test_a_program_ends_with_the_one_that_started_it():
    code = "import sys, time; sys.path.insert(0, '.'); from training.train_recognizer import *; import signal\n"
    code += "signal.signal(signal.SIGTERM, signal.default_int_handler)\n"
    code += "class Told(subprocess.Popen):\n"
    code += "    def wait(self, *args):\n"
    code += "        if not hasattr(self, 'is_told'): self.is_told = True; print('started', flush=True)\n"
    code += "        return super().wait(*args)\n"
    code += "subprocess.Popen = Told\n"
    code += "run_to_its_end([sys.executable, '-c', 'import time; time.sleep(6000)'])"
    with subprocess.Popen([sys.executable, "-c", code], cwd=recipes.LAB_DIRNAME, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline().strip() == b"started"
        process.terminate()
        assert process.stdout.read() == b""  # at its end: nobody holds the pipe any more, the inner program neither
        assert process.wait() != 0


def test_a_dry_run_prints_what_can_be_typed_and_does_nothing(tmp_path, capsys):
    main([f"--log_dirname={tmp_path / 'logs'}", "--recipe=research", "--dry_run=true"])
    commands = [line for line in capsys.readouterr().out.splitlines() if line]
    assert len(commands) == 9
    assert all(command.startswith("$ python training/") for command in commands)
    assert f"--load_checkpoint={tmp_path / 'logs' / 'lines' / 'BEST.ckpt'}" in commands[3]
    assert "/more-lines" in commands[6]  # whose lines are read
    assert "/finder" in commands[7]
    assert not (tmp_path / "logs").exists()


@pytest.mark.slow
def test_a_small_recipe_makes_an_artifact_that_reads(tmp_path, monkeypatch):
    small = "--loss=ctc --lstm_dim=8 --batch_size=2 --num_workers=0 --max_epochs=1 --enable_progress_bar=false"
    lines = f"--model_class=LineResNetLSTM {small} --num_train_lines=4 --num_held_out_lines=2"
    pages = f"--model_class=ParagraphResNetLSTM {small} --num_train_pages=2 --num_held_out_pages=1 --max_lines=2"
    recipe = Recipe(
        (
            Stage("fonts", "SyntheticLines", lines),
            Stage("lines", "SyntheticLines", lines, "fonts"),
            Stage("pages", "SyntheticParagraphs", pages, "lines"),
        ),
        counting="--order=3",
    )
    for module in (recipes, artifact_files):
        monkeypatch.setattr(module, "ARTIFACTS_DIRNAME", tmp_path / "artifacts")
    monkeypatch.setattr(recipes, "run_to_its_end", run_in_this_process)
    train(recipe, tmp_path / "logs")
    artifact = tmp_path / "artifacts" / "logs"
    commands = (artifact / "run_command.txt").read_text().splitlines()
    assert [command.split("--data_class=")[1].split()[0] for command in commands] == [
        "SyntheticLines",
        "SyntheticLines",
        "SyntheticParagraphs",
    ]
    recognizer = ParagraphTextRecognizer(artifact)
    assert recognizer.modes == ("careful", "fast")
    assert isinstance(recognizer.predict(draw_page()), str)


def run_in_this_process(words):
    """Run a command of the recipe without the start of another Python, and where a test may write."""
    scripts = {
        script.__name__.replace(".", "/") + ".py": script for script in (run_experiment, count_ngrams, save_best)
    }
    scripts[words[1]].main(words[2:])
    return 0
