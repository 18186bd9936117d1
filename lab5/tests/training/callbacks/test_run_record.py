"""What a run writes down of itself."""

import json

import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import TensorDataset

from training import run_experiment
from training.callbacks.run_record import hash_of, split_tags
from training.command_line.flags import parse

SMALL = ["--data_class=UCIDigits", "--model_class=MLP", "--fc1=8", "--fc2=8", "--max_epochs=1", "--batch_size=512"]
QUIET = ["--enable_progress_bar=false", "--enable_model_summary=false", "--accelerator=cpu", "--devices=1"]


def record_of(dirname):
    (filename,) = dirname.glob("*/version_0/run.json")
    return json.loads(filename.read_text())


def test_a_run_tells_what_made_it_and_what_came_of_it(tmp_path):
    metrics = run_experiment.run(parse([*SMALL, *QUIET, f"--default_root_dir={tmp_path}", "--tags=digits, night"]))
    record = record_of(tmp_path)
    assert (record["status"], record["tags"], record["epochs"]) == ("tested", ["digits", "night"], 1)
    assert record["metrics"]["test_loss"] == pytest.approx(metrics["test_loss"])
    assert record["metrics"]["train_examples_per_second"] > 0
    assert (record["data"]["sizes"]["train"], record["data"]["is_stand_in"]) == (1257, False)
    assert len(record["data"]["hash"]) == 16
    assert record["parameters"]["all"] == record["parameters"]["trained"] > 0
    assert record["seconds"] > 0
    assert next(tmp_path.glob("*/version_0")).joinpath(record["best_checkpoint"]).is_file()


def test_a_run_that_is_stopped_says_by_what(tmp_path):
    class Stop(pl.Callback):
        def on_train_batch_start(self, *_):
            raise RuntimeError("as if")

    args = parse([*SMALL, *QUIET, f"--default_root_dir={tmp_path}"])
    args.callbacks = Stop()
    with pytest.raises(RuntimeError):
        run_experiment.run(args)
    assert record_of(tmp_path)["status"] == "stopped: RuntimeError"


def test_nothing_is_written_without_logs(tmp_path):
    run_experiment.run(parse([*SMALL, *QUIET, f"--default_root_dir={tmp_path}", "--fast_dev_run=1"]))
    assert not list(tmp_path.rglob("run.json"))


def test_the_hash_is_of_what_is_in_the_data_and_uses_up_no_random_numbers():
    images, labels = torch.rand(40, 1, 4, 4), torch.arange(40)
    state = torch.get_rng_state()
    first = hash_of(TensorDataset(images, labels))
    assert torch.equal(torch.get_rng_state(), state)
    assert first == hash_of(TensorDataset(images.clone(), labels))
    assert first != hash_of(TensorDataset(images + 1, labels))
    assert first != hash_of(TensorDataset(images[:39], labels[:39]))
    assert hash_of(TensorDataset(images[:0])) is None


def test_tags_are_split():
    assert split_tags(" a, b,,") == ["a", "b"]
    assert split_tags("") == []
