"""The notebooks on EMNIST run on small data; where there is none, they say so in one line."""

import pytest
from nbclient.exceptions import CellExecutionError

from tests.run_notebook import NOTEBOOKS_DIRNAME, num_pictures, printed, run_notebook

pytestmark = pytest.mark.slow


def test_01_look_at_emnist():
    notebook = run_notebook("01-look-at-emnist")
    assert "source      EMNIST" in printed(notebook)
    assert num_pictures(notebook) >= 7


def test_02_look_at_emnist_lines_from_the_lab_directory():
    notebook = run_notebook("02-look-at-emnist-lines", cwd=NOTEBOOKS_DIRNAME.parent)
    assert "source      lines of EMNIST characters" in printed(notebook)
    assert num_pictures(notebook) >= 6


def test_damaged_data_is_one_line(tmp_path):
    filename = tmp_path / "downloaded" / "emnist" / "matlab.zip"
    filename.parent.mkdir(parents=True)
    filename.write_bytes(b"<html>not found</html>")
    with pytest.raises(CellExecutionError) as failure:
        run_notebook("01-look-at-emnist", TEXT_RECOGNIZER_DATA=str(tmp_path))
    assert failure.value.ename == "UserError"
    assert "Traceback" not in str(failure.value)
    assert str(failure.value).rstrip().splitlines()[-1].startswith(f"error: {filename} is an HTML page")
