"""The study of fitting: each writer's lines are held out or learnt from, and its figures come from both."""

import pytest

from tests.iam_source import use_source
from tests.tiny_artifact import make_config, write_artifact
from text_recognizer.data.iam import IAM
from text_recognizer.util import UserError
from text_recognizer.vocabulary import MAPPING
from training.studies.fit_to_hands import FitStudy, examples_of, study, writers_of


@pytest.fixture
def settings(tmp_path, monkeypatch):
    use_source(tmp_path, monkeypatch)
    sizes = {"stem_dim": 2, "lstm_dim": 4}
    config = make_config((56, 1024), mapping=MAPPING, model_class="LineResNetLSTM", model_flags=sizes, loss="ctc")
    write_artifact(tmp_path / "artifact" / "lines", config)
    return FitStudy(str(tmp_path / "artifact"), num_held_out=1, num_learnt=(1,), epochs=1)


def test_writers_of_the_validation_split_are_ranked_by_their_lines(settings):
    writers = writers_of(IAM(), 2)
    assert {writer for writer, _ in writers} <= {"c01", "d01"}
    assert all(len(examples_of(IAM(), forms)) >= 2 for _, forms in writers)


def test_each_writer_has_a_row_and_all_together_an_interval(settings, capsys):
    rows = study(settings)
    assert [row.keys() for row in rows] == [{0, 1}] * len(rows)
    printed = capsys.readouterr().out
    assert "after 0 lines: CER" in printed
    assert "paired, over writers" in printed


def test_too_few_lines_are_a_mistake(settings):
    with pytest.raises(UserError, match="no validation writer has 100 lines"):
        study(FitStudy(settings.artifact_dirname, num_held_out=99, num_learnt=(1,)))
