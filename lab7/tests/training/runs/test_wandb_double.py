"""Runs and weights over real HTTP, from a double of W&B's server on loopback (tests/wandb_double.py)."""

import json
import os

import pytest
import wandb
import yaml

from tests.wandb_double import Double
from text_recognizer.recognizer import artifact_files
from text_recognizer.util import UserError
from training import run_experiment, save_best_model
from training.callbacks import wandb_run
from training.callbacks.wandb_run import answers
from training.command_line.flags import parse
from training.runs import online
from training.runs.local import LocalRun

TRAINING = ["--data_class=EMNISTLines", "--model_class=LineCNNSimple", "--loss=ctc", "--batch_size=4", "--max_epochs=1"]
TRAINING += ["--num_train=8", "--num_val=4", "--num_test=4", "--max_length=8", "--conv_dim=2", "--fc_dim=8"]
TRAINING += ["--enable_progress_bar=false", "--enable_model_summary=false", "--accelerator=cpu", "--devices=1"]
ASK = ["--entity=us", "--project=labs", "--trained_data_class=EMNISTLines"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Train once; return what W&B would know of it."""
    dirname = tmp_path_factory.mktemp("logs")
    run_experiment.run(parse([*TRAINING, f"--default_root_dir={dirname}", "--tags=paragraphs"]))
    run = LocalRun(next(dirname.glob("*/version_0")))
    checkpoint = run.best_checkpoint(dirname)
    files = {"model.ckpt": checkpoint.filename, "config.yaml": run.dirname / "config.yaml"}
    summary = {name: values[-1] for name, values in run.values.items()} | {"epoch": 0}
    flags = yaml.safe_load((run.dirname / "config.yaml").read_text()) | {"parameters": {"all": 3}}
    metadata = dict(checkpoint.metrics)
    return {"config": flags, "summary": summary, "tags": ["paragraphs"], "files": files, "metadata": metadata}


@pytest.fixture
def serve(monkeypatch, tmp_path):
    """Let a double of W&B serve some runs, with a key that it takes."""
    started = []
    monkeypatch.setattr(wandb_run, "CONNECT_SECONDS", 600)  # a machine may be busy
    monkeypatch.setattr(online, "TIMEOUT_SECONDS", 600)

    def start(**runs):
        started.append(Double(runs))
        monkeypatch.setenv("WANDB_BASE_URL", started[0].address)
        monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
        monkeypatch.setenv("WANDB_CACHE_DIR", str(tmp_path / "cache"))
        wandb.teardown()  # W&B reads its variables once in a process
        return started[0]

    monkeypatch.setattr(artifact_files, "ARTIFACTS_DIRNAME", tmp_path / "artifacts")
    yield start
    for double in started:
        double.shutdown()
    wandb.teardown()


def test_the_best_run_with_a_tag_is_downloaded_verified_and_saved(serve, trained, tmp_path, capsys):
    better = trained | {"summary": {"val_loss": 0.0}, "tags": []}
    double = serve(abc=trained, other=better)
    save_best_model.main([*ASK, "--tag=paragraphs", "--artifact=mine"])
    printed = capsys.readouterr().out
    assert "us/labs/abc has the lowest val_loss of the runs in us/labs" in printed
    assert "Verified by repeating the validation: val_cer" in printed
    assert json.loads((tmp_path / "artifacts/mine/config.json").read_text())["model_class"] == "LineCNNSimple"
    assert "/file/abc/model.ckpt" in double.asked
    assert "/file/other/model.ckpt" not in double.asked


def test_weights_that_do_not_give_the_logged_metric_are_not_saved(serve, trained, tmp_path):
    serve(abc=trained | {"metadata": trained["metadata"] | {"val_loss": 0.01}})
    with pytest.raises(SystemExit, match=r"us/labs/abc: its checkpoint gives val_loss .* logged 0.01: these are other"):
        save_best_model.main(ASK)
    assert not (tmp_path / "artifacts").exists()
    save_best_model.main([*ASK, "--verify=false"])


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--tag=lines"], r"error: --tag=lines: no run in us/labs has it. Existing tags: paragraphs"),
        (["--metric=nonsense"], r"error: --metric=nonsense: no run .* They have: .*val_cer.*val_loss"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(argv, expected, serve, trained):
    serve(abc=trained)
    with pytest.raises(SystemExit, match=expected):
        save_best_model.main([*ASK, *argv])


def test_without_a_key_it_says_what_to_do_and_names_no_flag_that_was_not_typed(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("WANDB")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / "nothing"))
    wandb.teardown()
    with pytest.raises(UserError) as error:
        save_best_model.find_run(save_best_model.Choice(entity="us"))
    wandb.teardown()
    assert "python -m wandb login; or leave out --entity=us for the runs on this machine" in str(error.value)
    assert "--project" not in str(error.value)


def test_a_server_answers_or_not(serve):
    double = serve()
    assert answers(double.address)
    assert not answers("http://127.0.0.1:9")
    assert not answers("nonsense")
