"""Evaluating an artifact's line model on a data set of lines."""

import json

import numpy as np
import pytest

from tests.tiny_artifact import make_config, write_artifact
from text_recognizer.data import IAMLines
from training.evaluate_lines import main, read_canvas

TINY_LINES = {"stem_dim": 2, "lstm_dim": 4}


@pytest.fixture(scope="module")
def artifact(tmp_path_factory):
    """Return an artifact of pages, whose line model lies inside."""
    dirname = tmp_path_factory.mktemp("artifact")
    config = make_config((56, 1024), model_class="LineResNetLSTM", model_flags=TINY_LINES, loss="ctc")
    write_artifact(dirname / "lines", config)
    return dirname


def test_each_line_is_read_and_the_worst_are_drawn(artifact, tmp_path, capsys):
    output = tmp_path / "report"
    main(["--data_class=IAMLines", f"--artifact_dirname={artifact}", f"--output={output}", "--num_pictures=3"])
    assert "CER " in capsys.readouterr().out
    written = json.loads((output / "report.json").read_text())
    data = IAMLines()
    data.prepare_data()
    data.setup()
    assert len(written["examples"]) == len(data.data_val)
    assert all(example["written"] for example in written["examples"])
    assert (output / "worst.png").is_file()
    with pytest.raises(SystemExit, match="is there already"):
        main(["--data_class=IAMLines", f"--artifact_dirname={artifact}", f"--output={output}"])


def test_pages_are_not_lines(artifact, tmp_path):
    with pytest.raises(SystemExit, match="--data_class=IAMParagraphs: expected a data set of lines, 56 pixels high"):
        main(["--data_class=IAMParagraphs", f"--artifact_dirname={artifact}", f"--output={tmp_path / 'none'}"])
    assert not (tmp_path / "none").exists()


class Cells:
    """Notes the width of what it is shown, and reads nothing."""

    def __init__(self):
        self.reader = self
        self.tokenizer = self
        self.cell_width = 4
        self.widths = []

    def read_cells(self, pixels):
        self.widths.append(pixels.shape[1])

    def tokens_of_cells(self, cells):
        return []

    def decode(self, tokens):
        return ""


@pytest.mark.parametrize(("right", "width"), [(None, 16), (100, 116), (101, 120), (1023, 1024)])
def test_the_empty_end_of_a_canvas_is_not_read(right, width):
    canvas = np.zeros((56, 1024), np.uint8)
    if right is not None:
        canvas[20, right] = 255
    reader = Cells()
    read_canvas(reader, canvas)
    assert reader.widths == [width]
