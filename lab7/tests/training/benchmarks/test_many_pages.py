import re

import numpy as np
import pytest

from tests.tiny_artifact import make_config, write_artifact
from training.benchmarks import many_pages


def test_pages_differ_and_each_is_always_the_same():
    pages = [many_pages.draw_note(number) for number in (0, 1, 0)]
    np.testing.assert_array_equal(np.asarray(pages[0]), np.asarray(pages[2]))
    assert pages[0].size != pages[1].size or (np.asarray(pages[0]) != np.asarray(pages[1])).any()


def test_threads_and_processes_read_what_one_reads(tmp_path, capsys):
    write_artifact(tmp_path, make_config((64, 80), model_class="LineCNN", model_flags={"conv_dim": 2}, loss="ctc"))
    many_pages.main([f"--artifact_dirname={tmp_path}", "--num_pages=5", "--num_threads=2", "--num_processes=2"])
    printed = capsys.readouterr().out
    assert "after 5 pages:" in printed
    assert re.findall(r"2 (\w+): (\d+) texts differ", printed) == [("threads", "0"), ("processes", "0")]


def test_another_text_is_counted(tmp_path, monkeypatch):
    class Forgetful:
        def __init__(self, *_):
            self.num = 0

        def predict(self, _):
            self.num += 1
            return str(self.num % 3)

    monkeypatch.setattr(many_pages, "ParagraphTextRecognizer", Forgetful)
    monkeypatch.setattr(many_pages, "read_notes", lambda numbers, **_: ["1"] * len(numbers))
    monkeypatch.setattr(many_pages, "ProcessPoolExecutor", InThisProcess)
    assert many_pages.compare(many_pages.ManyPages(num_pages=4, num_threads=1, num_processes=2)) == [4, 2]


class InThisProcess:
    def __init__(self, *_):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    map = staticmethod(map)


def test_wrong_numbers_are_refused():
    with pytest.raises(SystemExit, match="--num_threads=0: expected 1 or more"):
        many_pages.main(["--num_threads=0"])
