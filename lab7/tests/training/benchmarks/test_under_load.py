"""A reading is timed beside busy processes, which end with the benchmark."""

import re
import subprocess

import pytest

from tests.tiny_artifact import draw_page, make_config, write_artifact
from text_recognizer.recognizer import artifact_files
from training.benchmarks import under_load


@pytest.fixture
def page(tmp_path):
    write_artifact(tmp_path, make_config((64, 80), model_class="LineCNN", model_flags={"conv_dim": 2}, loss="ctc"))
    draw_page().save(tmp_path / "page.png")
    return [str(tmp_path / "page.png"), f"--artifact_dirname={tmp_path}", "--num_rounds=1", "--num_busy=1"]


def test_each_number_of_threads_is_timed_alone_and_beside_others(page, capsys, monkeypatch):
    started = []

    class Noted(subprocess.Popen):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            started.append(self)

    monkeypatch.setattr(under_load.subprocess, "Popen", Noted)
    under_load.main([*page, "--threads=1,2"])
    printed = capsys.readouterr().out
    assert "beside 1 busy processes; median of 1" in printed
    rows = re.findall(r"^  (\d) +(\S+) +[\d.]+ s +[\d.]+ s +[\d.]+$", printed, re.MULTILINE)
    assert rows == [("1", "-"), ("2", "default"), ("2", "passive")]
    assert len(started) == 4
    assert all(process.returncode is not None for process in started)  # nothing goes on computing


def test_the_ratio_is_that_of_the_medians():
    assert under_load.rows_of({(2, "active"): (2.0, 5.0)})[1] == ("2", "active", "2.00 s", "5.00 s", "2.5")


def test_the_page_that_is_read_without_another_is_there():
    assert under_load.EXAMPLE.is_file()
    assert artifact_files.find_artifact(None).is_dir()


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        ("--threads=0", "--threads=0: expected numbers from 1, separated by commas"),
        ("--threads=1,,2", "--threads=1,,2: expected numbers"),
        ("--waiting=asleep", "--waiting=asleep: 'asleep' is none of default, active, passive"),
        ("--num_busy=0", "--num_busy=0: expected 1 or more"),
        ("nowhere.png", "nowhere.png: no such file"),
        ("--num_busi=1", "--num_busi"),
    ],
)
def test_a_wrong_word_is_one_line(flag, expected):
    with pytest.raises(SystemExit) as stop:
        under_load.main([flag])
    assert str(stop.value).startswith(f"error: {expected}")
