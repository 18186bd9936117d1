"""Each way of reading gets a row, with an error rate of each set of lines."""

import pytest

from training.studies import restrain_language


def test_each_way_is_measured_on_each_set(capsys):
    restrain_language.main(["--num_lines=3", "--floors=[-1]", "--quiets=[0,0.5]"])
    rows = capsys.readouterr().out.splitlines()
    names = [
        "no language model",
        "as prose wants it",
        "restrained, floor -1, quiet 0",
        "restrained, floor -1, quiet 0.5",
    ]
    for name in names:
        (row,) = (row for row in rows if row.startswith(f"{name} "))
        assert len(row.removeprefix(name).split()) == 4


def test_an_artifact_without_a_language_model_is_refused(tmp_path):
    with pytest.raises(SystemExit, match="there is no trained model"):
        restrain_language.main([f"--artifact_dirname={tmp_path / 'nowhere'}"])
