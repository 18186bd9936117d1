import re

import pytest

from tests.tiny_artifact import TINY, make_config, write_artifact
from training import evaluate_recognizer
from training.studies.compare_artifacts import Comparison, compare, main, megabytes


@pytest.fixture(scope="module")
def dirnames(tmp_path_factory):
    dirnames = [tmp_path_factory.mktemp(name) for name in ("one", "other")]
    for dirname in dirnames:
        write_artifact(dirname, make_config(model_flags=TINY))
    return dirnames


def test_each_artifact_is_a_row_with_its_rates_its_time_and_its_size(dirnames, tmp_path, monkeypatch):
    monkeypatch.setattr(evaluate_recognizer, "LOG_DIRNAME", tmp_path)
    table = compare(Comparison(artifacts=",".join(map(str, dirnames)), num_pages=1))
    _, *rows = table.splitlines()
    assert [re.match(r"\s*(\S+), \w+ ", row)[1] for row in rows] == [str(dirname) for dirname in dirnames]
    size = sum(path.stat().st_size for path in dirnames[0].iterdir()) / 1e6
    assert megabytes(dirnames[0]) == pytest.approx(size)
    for row in rows:
        assert re.search(rf"CER [\d.]+ %.* WER [\d.]+%  [\d.]+ s a page  {size:.1f} MB$", row), row


def test_a_wrong_name_is_said_before_a_page_is_read(dirnames, capsys):
    with pytest.raises(SystemExit, match="nowhere: there is no trained model"):
        main([f"--artifacts={dirnames[0]},nowhere"])
    assert "pages of the" not in capsys.readouterr().out
