import pytest

from text_recognizer.data import IAMParagraphs
from text_recognizer.util import UserError
from training import trained_run
from training.look_at_pages import CHECKPOINT, find_paragraph_run, read_pages
from training.trained_run import TrainedRun


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
    return tmp_path / "logs"


def test_the_newest_run_on_paragraphs_is_found_whatever_was_trained_later(logs):
    write_run(logs, "IAMParagraphs", 0)
    newest = write_run(logs, "IAMSyntheticParagraphs", 1)
    write_run(logs, "IAMLines", 0)
    write_run(logs, "NoSuchData", 0)
    assert find_paragraph_run() == newest


def test_the_variable_names_another_run(logs, monkeypatch):
    other = write_run(logs, "IAMParagraphs", 0)
    write_run(logs, "IAMParagraphs", 1)
    monkeypatch.setenv(CHECKPOINT, str(other.parents[1]))
    assert find_paragraph_run() == other


@pytest.mark.parametrize("trained", [[], ["IAMLines"]])
def test_without_such_a_run_the_message_says_how_to_train_one(logs, trained):
    for data_class in trained:
        write_run(logs, data_class, 0)
    with pytest.raises(UserError, match=r"no model of paragraphs\. In lab7, train one: python training/"):
        find_paragraph_run()


class Parrot:
    """Reads what its batch number says."""

    def eval(self):
        return self


def test_pages_come_from_all_over_the_split(monkeypatch):
    data = IAMParagraphs(augment=False)
    data.prepare_data()
    data.setup()
    written = [targets for _, targets in data.data_val]
    monkeypatch.setattr("training.look_at_pages.read", lambda model, x: written[1][None].expand(len(x), -1))
    run = TrainedRun(None, None, Parrot(), data)
    (one,) = read_pages(run, 1)
    assert (one.index, one.name) == (0, "c01-014")
    examples = read_pages(run, 5)  # of two
    assert [example.index for example in examples] == [0, 1]
    assert [example.char_edits == 0 for example in examples] == [False, True]
    assert examples[0].read == examples[1].written
    assert "\n" in examples[0].written
