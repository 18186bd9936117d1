import runpy
from pathlib import Path

import pytest

from text_recognizer import paths

LAB_DIRNAME = Path(__file__).resolve().parents[1]


def data_dirnames():
    names = runpy.run_path(paths.__file__)
    return [names[name] for name in ("DATA_DIRNAME", "DOWNLOADED_DIRNAME", "PROCESSED_DIRNAME", "RAW_DIRNAME")]


@pytest.mark.parametrize("value", [None, ""])
def test_without_the_variable_data_lies_beside_the_labs(monkeypatch, value):
    monkeypatch.delenv("TEXT_RECOGNIZER_DATA")
    if value is not None:
        monkeypatch.setenv("TEXT_RECOGNIZER_DATA", value)
    data = LAB_DIRNAME.parent / "data"
    assert data_dirnames() == [data, data / "downloaded", data / "processed", data / "raw"]


def test_the_variable_moves_all_but_the_tracked_files(monkeypatch, tmp_path):
    monkeypatch.setenv("TEXT_RECOGNIZER_DATA", str(tmp_path))
    raw = LAB_DIRNAME.parent / "data" / "raw"
    assert data_dirnames() == [tmp_path, tmp_path / "downloaded", tmp_path / "processed", raw]
