"""Trains tiny models with the real command, saves the best and reads with it."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml

from tests.tiny_artifact import draw_page
from text_recognizer.data import EMNISTLines
from text_recognizer.recognizer import artifact_files
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from text_recognizer.util import UserError
from text_recognizer.vocabulary import SPECIAL_TOKENS
from training import run_experiment, save_best_model
from training.command_line.flags import parse
from training.runs.artifact_places import how_to_read
from training.runs.provenance import command_of
from training.save_best_model import Choice, half_weights, kind_of, save

LAB_DIRNAME = Path(__file__).resolve().parents[2]
SMALL = ["--num_train=8", "--num_val=4", "--num_test=4", "--max_length=8", "--with_start_end_tokens=true"]
QUIET = ["--enable_progress_bar=false", "--enable_model_summary=false", "--accelerator=cpu", "--devices=1"]
TRAINING = ["--data_class=EMNISTLines", "--model_class=LineCNNTransformer", "--loss=transformer", "--batch_size=4"]
TRAINING += ["--conv_dim=2", "--tf_dim=8", "--tf_fc_dim=8", "--tf_nhead=2", "--tf_layers=1", *SMALL, *QUIET]


@pytest.fixture(scope="module")
def log_dirname(tmp_path_factory):
    """Train two tiny models, of which the second is better, and one more that is not to be taken."""
    dirname = tmp_path_factory.mktemp("logs")
    for more in (["--max_epochs=1", "--lr=0"], ["--max_epochs=3"], ["--max_epochs=40", "--overfit_batches=1"]):
        run_experiment.run(parse([*TRAINING, *more, f"--default_root_dir={dirname}"]))
    return dirname


@pytest.fixture
def artifacts_dirname(monkeypatch, tmp_path):
    monkeypatch.setattr(artifact_files, "ARTIFACTS_DIRNAME", tmp_path / "artifacts")
    return tmp_path / "artifacts"


def choice(where, **changes):
    return Choice(**{"trained_data_class": "EMNISTLines", "log_dirname": str(where)} | changes)


def test_the_best_checkpoint_of_the_best_run_is_saved_and_reads(log_dirname, artifacts_dirname, capsys):
    dirname = save(choice(log_dirname))
    assert dirname == artifacts_dirname / "EMNISTLines_LineCNNTransformer_transformer_version_1"
    assert sorted(path.name for path in dirname.iterdir()) == ["config.json", "model.pt", "run_command.txt"]
    (best,) = (log_dirname / "EMNISTLines_LineCNNTransformer_transformer/version_1/checkpoints").glob("epoch=*")
    checkpoint = torch.load(best, weights_only=True)["state_dict"]
    weights = torch.load(dirname / "model.pt", weights_only=True)
    assert {f"model.{key}" for key in weights} == {key for key in checkpoint if key.startswith("model.")}
    for key, value in weights.items():
        assert value.dtype == (torch.half if checkpoint[f"model.{key}"].is_floating_point() else torch.int64)
        assert torch.equal(value, checkpoint[f"model.{key}"].to(value.dtype))
    assert isinstance(ParagraphTextRecognizer(dirname).predict(draw_page(["ab c"], (300, 120), 80, (20, 20))), str)
    printed = capsys.readouterr().out
    assert "EMNISTLines_LineCNNTransformer_transformer/version_1 has the lowest val_loss of the runs in" in printed
    assert f"Saved in {dirname}" in printed
    assert "CUT SHORT" not in printed


def test_what_is_printed_reads_with_it_when_it_is_typed(log_dirname, monkeypatch, capsys):
    """The one test that writes into the lab's own directory, for there the command looks for names."""
    name = "a_test_of_saving"
    dirname = save(choice(log_dirname, artifact=name, overwrite=True))
    try:
        printed = capsys.readouterr().out.splitlines()
        command, *_, python = (line.strip() for line in printed[-3:])
        page = log_dirname / "line.png"
        draw_page(["ab c"], (300, 120), 80, (20, 20)).save(page)
        assert command.startswith("python text_recognizer/paragraph_text_recognizer.py line.jpg ")
        words = shlex.split(command.replace("line.jpg", str(page)))
        result = subprocess.run([sys.executable, *words[1:]], cwd=LAB_DIRNAME, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        assert isinstance(eval(python.replace("line.jpg", str(page))), str)
        ignored = subprocess.run(["git", "check-ignore", "-q", str(dirname)], cwd=LAB_DIRNAME, check=False)
        assert ignored.returncode in (0, 128)  # 128: this is no clone
    finally:
        shutil.rmtree(dirname)


def ship(artifacts_dirname, name="paragraph_text_recognizer"):
    """Write what stands for an artifact that is shipped; return its directory and what is in it."""
    dirname = artifacts_dirname / name
    dirname.mkdir(parents=True)
    (dirname / "model_card.md").write_text("# What the course ships")
    (dirname / "model.pt").write_text("weights")
    return dirname, contents(dirname)


def contents(dirname):
    return {path.name: path.read_bytes() for path in dirname.iterdir() if path.is_file()}


def test_the_command_that_a_student_types_leaves_what_is_shipped(log_dirname, artifacts_dirname, capsys):
    (shipped, before), (lines, _) = ship(artifacts_dirname), ship(artifacts_dirname, "line_text_recognizer")
    argv = ["--trained_data_class=EMNISTLines", f"--log_dirname={log_dirname}"]
    save_best_model.main(argv)
    assert contents(shipped) == before
    own = {path.name for path in artifacts_dirname.iterdir()} - {shipped.name, lines.name}
    assert own == {"EMNISTLines_LineCNNTransformer_transformer_version_1"}
    assert f"--artifact_dirname={own.pop()}" in capsys.readouterr().out
    save_best_model.main(argv)  # and once more: the first one stays
    assert "version_1-2: " in capsys.readouterr().out
    assert len([*artifacts_dirname.iterdir()]) == 4


@pytest.mark.parametrize("flag", ["--artifact", "--name"])
def test_what_is_shipped_is_replaced_only_if_one_says_so(flag, log_dirname, artifacts_dirname, capsys):
    shipped, before = ship(artifacts_dirname)
    argv = ["--trained_data_class=EMNISTLines", f"--log_dirname={log_dirname}", f"{flag}={shipped.name}"]
    expected = (
        r"paragraph_text_recognizer ships with the course\. Add --overwrite .* --artifact=paragraph_text_recognizer-2"
    )
    with pytest.raises(SystemExit, match=expected):
        save_best_model.main(argv)
    assert contents(shipped) == before
    save_best_model.main([*argv, "--overwrite"])
    assert contents(shipped).keys() == {"config.json", "model.pt", "run_command.txt"}
    told = capsys.readouterr().out
    assert "in place of a recogniser that ships with the course; its model_card.md went with it" in told


def test_nor_is_what_a_student_saved_replaced_without_a_word(log_dirname, artifacts_dirname, capsys):
    old = save(choice(log_dirname, artifact="mine"))
    (old / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"mine is there already\. Add --overwrite .* --artifact=mine-2"):
        choice(log_dirname, artifact="mine")
    assert (old / "notes.txt").exists()
    save(choice(log_dirname, artifact="mine", overwrite=True))
    assert "in place of one that was there" in capsys.readouterr().out
    assert not (old / "notes.txt").exists()


def test_a_training_that_was_cut_short_is_named_as_that(artifacts_dirname, tmp_path, capsys):
    run_experiment.run(
        parse([*TRAINING, "--max_epochs=1", "--limit_train_batches=1", f"--default_root_dir={tmp_path}"])
    )
    dirname = save(choice(tmp_path))
    assert "CUT SHORT (--limit_train_batches=1)" in capsys.readouterr().out
    assert json.loads((dirname / "config.json").read_text())["cut_short"] == "--limit_train_batches=1"


def test_the_configuration_tells_all_that_rebuilds_the_model(log_dirname, artifacts_dirname):
    config = json.loads((save(choice(log_dirname)) / "config.json").read_text())
    assert config["model_class"] == "LineCNNTransformer"
    assert config["model_flags"]["tf_dim"] == 8
    assert config["model_flags"]["tf_dropout"] == 0.2  # a default, which may be another one tomorrow
    data_config = EMNISTLines(max_length=8, with_start_end_tokens=True).config()
    assert config["data_config"] == json.loads(json.dumps(data_config))
    assert config["metrics"].keys() >= {"val_loss", "val_cer", "test_loss", "test_cer"}
    assert "cut_short" not in config


def test_the_command_trains_the_same_once_more(log_dirname, artifacts_dirname):
    command = (save(choice(log_dirname)) / "run_command.txt").read_text()
    config_filename = log_dirname / "EMNISTLines_LineCNNTransformer_transformer/version_1/config.yaml"
    words = shlex.split(command)
    assert words[:2] == ["python", "training/run_experiment.py"]
    assert "--seed=42" not in words
    logged = yaml.safe_load(config_filename.read_text()) | {"default_root_dir": None}  # where the logs were
    assert yaml.safe_load(parse(words[2:]).config_yaml) == logged


def test_values_of_all_types_come_back_from_the_command():
    argv = [
        "--patience=0",
        "--devices=[0, 1]",
        "--lr=1e-05",
        "--augment=false",
        "--max_epochs=null",
        "--max_time=00:01",
    ]
    given = parse(["--data_class=IAMLines", "--model_class=LineCNN", "--loss=ctc", *argv])
    command = command_of(yaml.safe_load(given.config_yaml) | {"log_dirname": "a key that is no flag"})
    assert parse(shlex.split(command)[2:]).config_yaml == given.config_yaml


def test_another_metric_is_named_with_what_the_checkpoint_has(log_dirname, artifacts_dirname, capsys):
    save(choice(log_dirname, metric="test_loss", mode="max"))
    printed = capsys.readouterr().out
    assert "has the highest test_loss of the runs in" in printed
    assert "Its checkpoint is that of the epoch with its lowest val_loss" in printed


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"trained_data_class": "IAMLines"}, "no such run"),
        ({"metric": "val_bleu"}, "--metric=val_bleu: no run"),
        ({"log_dirname": "/nowhere"}, "--log_dirname=/nowhere: no such directory"),
    ],
)
def test_what_cannot_be_saved_leaves_the_old_artifact_as_it_was(changes, expected, log_dirname, artifacts_dirname):
    changes = changes | {"overwrite": True}
    dirname = save(choice(log_dirname))
    before = {path.name: path.read_bytes() for path in dirname.iterdir()}
    with pytest.raises(UserError, match=expected):
        save(choice(log_dirname, **changes))
    assert {path.name: path.read_bytes() for path in dirname.iterdir()} == before
    assert [path.name for path in artifacts_dirname.iterdir()] == [dirname.name]


@pytest.mark.parametrize("damage", ["pointer", "half", "other flags", "infinite"])
def test_weights_that_could_not_be_read_again_are_not_saved(damage, log_dirname, artifacts_dirname, monkeypatch):
    dirname = save(choice(log_dirname))
    before = {path.name: path.read_bytes() for path in dirname.iterdir()}
    run, _ = save_best_model.find_run(choice(log_dirname))
    filename = run.best_checkpoint(log_dirname).filename
    whole = filename.read_bytes()
    if damage == "other flags":
        run.flags["tf_dim"] = 16
        monkeypatch.setattr(save_best_model, "find_run", lambda _: (run, "here"))
    elif damage == "infinite":
        checkpoint = torch.load(filename, weights_only=True)
        checkpoint["state_dict"]["model.decoder.norm.bias"].fill_(1e6)
        torch.save(checkpoint, filename)
    else:
        filename.write_bytes(artifact_files.LFS_POINTER + b"v1\n" if damage == "pointer" else whole[: len(whole) // 2])
    expected = {
        "pointer": "run: git lfs pull",
        "half": "not a whole checkpoint",
        "other flags": "size mismatch",
        "infinite": "decoder.norm.bias has numbers that half precision cannot hold",
    }
    try:
        with pytest.raises(UserError, match=expected[damage]):
            save(choice(log_dirname, overwrite=True))
    finally:
        filename.write_bytes(whole)
    assert {path.name: path.read_bytes() for path in dirname.iterdir()} == before
    assert [path.name for path in artifacts_dirname.iterdir()] == [dirname.name]


def test_weights_of_the_lit_model_are_left_out(tmp_path):
    weights = {"model.a": torch.ones(2), "model.n": torch.tensor(3), "other.b": torch.ones(2)}
    torch.save({"state_dict": weights, "pytorch-lightning_version": "2"}, tmp_path / "x.ckpt")
    assert {key: value.dtype for key, value in half_weights(tmp_path / "x.ckpt").items()} == {
        "a": torch.half,
        "n": torch.int64,
    }


@pytest.mark.parametrize(
    ("mapping", "length", "expected"),
    [
        ([*SPECIAL_TOKENS, "a", "\n"], 5, "paragraph"),
        ([*SPECIAL_TOKENS, "a"], 5, "line"),
        ([*SPECIAL_TOKENS, "a"], 1, None),
        (["0", "1"], 5, None),
    ],
)
def test_lines_and_paragraphs_go_to_their_places(mapping, length, expected):
    config = {"data_class": "Some", "model_class": "Some"}
    config["data_config"] = {"mapping": mapping, "output_dims": (length,)}
    if expected is None:
        with pytest.raises(UserError, match="=Some: expected data of lines or paragraphs"):
            kind_of(config)
    else:
        assert kind_of(config) == expected


def test_a_line_finder_is_saved_and_the_words_say_how_to_use_it():
    config = {"model_class": "LineFinder", "data_config": {"mapping": ["0"], "output_dims": (2, 8, 8)}}
    assert kind_of(config) == "finder"
    assert "--finder=text_recognizer/artifacts/mine" in how_to_read("mine", "finder")
    assert kind_of(config | {"model_class": "PrintFinder"}) == "print"
    assert "--artifact=print_finder" in how_to_read("mine", "print")
    assert kind_of(config | {"model_class": "WayUpFinder"}) == "way up"
    assert "--artifact=way_up_finder" in how_to_read("mine", "way up")


def test_runs_of_a_project_at_wandb_are_asked_for(monkeypatch, artifacts_dirname):
    asked = []
    monkeypatch.setattr(save_best_model, "online_runs", lambda *names: asked.append(names) or [])
    with pytest.raises(UserError, match="no such run in us/labs"):
        save(Choice(entity="us", project="labs"))
    assert asked == [("us", "labs")]


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        (
            "--metrik=val_cer",
            "error: --metrik=val_cer: no such flag. Did you mean --metric?",
        ),
        (
            "--batch_size=3",
            "error: --batch_size=3: no such flag here. Expected one of --help --trained_data_class --metric",
        ),
        ("--artifact=a/b", "error: --artifact=a/b: expected the name of a directory"),
        ("--artifact=..", "error: --artifact=..: expected the name of a directory"),
        ("--artifact=", "error: --artifact=: expected the name of a directory"),
        ("--mode=best", "error: --mode=best: expected 'min', 'max'"),
        ("--log_dirname=/nowhere", "error: --log_dirname=/nowhere: no such directory"),
    ],
)
def test_mistakes_on_the_command_line_are_one_line_and_status_1(flag, expected):
    with pytest.raises(SystemExit) as stop:
        save_best_model.main([flag])
    assert str(stop.value).startswith(expected)


def test_the_commands_of_the_readme_are_those_of_the_program(monkeypatch):
    text = "\n".join(page.read_text(encoding="utf-8") for page in sorted(LAB_DIRNAME.glob("*.md"))).replace("\\\n", "")
    commands = re.findall(r"^python training/save_best_model.py ?(.*)$", text, flags=re.MULTILINE)
    assert commands
    seen = []
    monkeypatch.setattr(save_best_model, "save", seen.append)
    for command in commands:
        save_best_model.main(shlex.split(command, comments=True))
    assert len(seen) == len(commands)


def test_help_explains_each_flag(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["save_best_model.py", "--help"])
    with pytest.raises(SystemExit):
        save_best_model.main()
    printed = capsys.readouterr().out
    assert "Take the runs of this project at Weights & Biases" in printed
    assert "Parameters" not in printed


def test_a_model_of_lines_is_put_into_a_model_of_pages(log_dirname, artifacts_dirname, tmp_path, monkeypatch):
    """The lines of EMNIST are 28 pixels high: a line model for pages needs 56, and the old artifact stays."""
    old = save(choice(log_dirname))
    with pytest.raises(UserError, match="nowhere: there is no trained model"):
        save(choice(log_dirname, lines=str(tmp_path / "nowhere")))
    with pytest.raises(UserError, match=r"lines/config\.json: a LineCNNTransformer .* cannot read strips of lines"):
        save(choice(log_dirname, lines=str(old)))
    assert not (old / "lines").exists()
    monkeypatch.setattr(save_best_model, "LineReader", lambda dirname: None)
    (old / "notes.txt").write_text("mine")
    new = save(choice(log_dirname, lines=str(old), artifact="both"))
    assert sorted(path.name for path in (new / "lines").iterdir()) == ["config.json", "model.pt", "run_command.txt"]
    assert (new / "lines/model.pt").read_bytes() == (old / "model.pt").read_bytes()
