"""The notebooks on lines and on the handwriting engine run on small data."""

import pytest
from nbclient.exceptions import CellExecutionError

from tests.run_notebook import num_pictures, printed, run_notebook

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("name", "words", "least_num_pictures"),
    [
        ("02b-look-at-emnist-lines2", "source      lines of EMNIST characters", 5),
        ("03-look-at-iam-lines", "source      lines of the IAM subset (10 of 1,539 forms)", 8),
        ("03b-build-a-page", "source: the handwriting engine", 8),
    ],
)
def test_notebook_runs(name, words, least_num_pictures):
    notebook = run_notebook(name)
    assert words in printed(notebook)
    assert num_pictures(notebook) >= least_num_pictures


def test_without_iam_there_is_one_line_that_says_where_to_put_it(tmp_path):
    with pytest.raises(
        CellExecutionError, match=r"(?m)^error: iamdb.zip is missing and is not downloaded for you"
    ) as stop:
        run_notebook("03-look-at-iam-lines", TEXT_RECOGNIZER_DATA=str(tmp_path))
    assert "Traceback" not in str(stop.value)
