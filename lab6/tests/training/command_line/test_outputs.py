import pytest

from text_recognizer.util import UserError
from training.command_line.outputs import free, refuse_to_replace


def test_a_free_name_is_the_first_one_that_nothing_has(tmp_path):
    assert free(tmp_path / "figures.json") == tmp_path / "figures.json"
    for expected in ("figures.json", "figures-2.json", "figures-3.json"):
        assert free(tmp_path / "figures.json").name == expected
        (tmp_path / expected).touch()
    (tmp_path / "directory").mkdir()
    assert free(tmp_path / "directory") == tmp_path / "directory-2"


def test_what_is_there_is_replaced_only_if_one_says_so(tmp_path):
    filename = tmp_path / "figures.json"
    refuse_to_replace(filename, overwrite=False, flag="--output")
    filename.touch()
    refuse_to_replace(filename, overwrite=True, flag="--output")
    cure = rf"figures\.json is there already\. Add --overwrite .*--output={tmp_path}/figures-2\.json"
    with pytest.raises(UserError, match=cure):
        refuse_to_replace(filename, overwrite=False, flag="--output")


def test_of_a_directory_what_it_holds_counts(tmp_path):
    refuse_to_replace(tmp_path, overwrite=False, flag="--output", holds="report.json")
    (tmp_path / "report.json").touch()
    with pytest.raises(UserError, match=rf"report\.json is there already\. .*--output={tmp_path}-2"):
        refuse_to_replace(tmp_path, overwrite=False, flag="--output", holds="report.json")
