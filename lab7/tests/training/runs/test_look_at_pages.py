import os

import pytest
import torch

from tests.tiny_artifact import make_config, write_artifact
from text_recognizer.data import IAMParagraphs
from text_recognizer.models.character_maps import CharacterMaps
from text_recognizer.util import UserError
from training.runs import look_at_pages, trained_run
from training.runs.look_at_pages import CHECKPOINT, PageReader, find_reader, newest_checkpoint, read_pages


def write_run(log_dirname, data_class, number):
    """Write what a run leaves behind, but for weights that anybody could load."""
    dirname = log_dirname / f"{data_class}_Model_ctc" / f"version_{number}"
    filename = dirname / "checkpoints" / "epoch=0-val_loss=1.0.ckpt"
    filename.parent.mkdir(parents=True)
    filename.touch()
    (dirname / "config.yaml").write_text(f"data_class: {data_class}\n")
    (dirname / "metrics.csv").write_text("epoch,step,val_loss\n0,1,1.0\n")
    return filename


@pytest.fixture
def logs(tmp_path, monkeypatch):
    monkeypatch.delenv(CHECKPOINT, raising=False)
    monkeypatch.setattr(trained_run, "LOG_DIRNAME", tmp_path / "logs")
    monkeypatch.setattr(look_at_pages, "SHIPPED_DIRNAME", tmp_path / "shipped")
    return tmp_path / "logs"


def test_the_newest_run_on_paragraphs_is_found_whatever_was_trained_later(logs):
    data_classes = ["IAMParagraphs", "IAMSyntheticParagraphs", "IAMLines", "NoSuchData"]
    written = [write_run(logs, data_class, number) for number, data_class in enumerate(data_classes)]
    for date, filename in enumerate(written):
        os.utime(filename, (date, date))  # a file system's clock may give several files one date
    assert newest_checkpoint() == written[1]


@pytest.mark.parametrize("trained", [[], ["IAMLines"]])
def test_without_a_model_the_message_says_how_to_train_one(logs, trained):
    for data_class in trained:
        write_run(logs, data_class, 0)
    with pytest.raises(UserError, match=r"no model of paragraphs\. In lab7, train one: python training/"):
        find_reader()


def test_a_checkpoint_that_is_none_is_named(logs, monkeypatch):
    monkeypatch.setenv(CHECKPOINT, str(logs / "nowhere"))
    with pytest.raises(UserError, match=r"CHECKPOINT=.*nowhere: no such file"):
        find_reader()


def write_tiny(dirname, **changes):
    flags = {"stem_dim": 2, "lstm_dim": 4}
    write_artifact(dirname, make_config(model_class="ParagraphResNetLSTM", model_flags=flags, loss="ctc", **changes))


def test_an_artifact_reads_pages(logs, tmp_path, monkeypatch):
    for dirname in (tmp_path / "shipped", tmp_path / "own"):
        write_tiny(dirname)
    assert find_reader().name == str(tmp_path / "shipped")
    monkeypatch.setenv(CHECKPOINT, str(tmp_path / "own"))
    reader = find_reader()
    (example,) = read_pages(reader, 1)
    assert reader.name == str(tmp_path / "own")
    assert (example.index, example.name) == (0, "c01-014")
    assert "\n" in example.reference


def test_an_artifact_for_lines_is_refused(logs, tmp_path, monkeypatch):
    write_tiny(tmp_path / "own", mapping=["<B>", "<S>", "<E>", "<P>", "a"])
    monkeypatch.setenv(CHECKPOINT, str(tmp_path / "own"))
    with pytest.raises(UserError, match="it does not read paragraphs"):
        find_reader()


def test_pages_come_from_all_over_the_split(monkeypatch):
    data = IAMParagraphs(augment=False)
    data.prepare_data()
    data.setup()
    read = CharacterMaps(data.data_val[1][1], torch.empty(0))
    monkeypatch.setattr(look_at_pages, "character_maps", lambda model, x, blank: read)
    examples = read_pages(PageReader("one", torch.nn.Identity(), data), 5)  # of two
    assert [example.index for example in examples] == [0, 1]
    assert [example.char_edits == 0 for example in examples] == [False, True]
    assert examples[0].hypothesis == examples[1].reference
