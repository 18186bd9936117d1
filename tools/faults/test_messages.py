"""--help of each tool, and what is said of a flag that there is not."""

import subprocess
import sys
from importlib.util import find_spec

import pytest
from conftest import LAB_DIRNAME, ROOT_DIRNAME

SCRIPTS = sorted(
    str(path.relative_to(ROOT_DIRNAME))
    for folder in (LAB_DIRNAME / "training", ROOT_DIRNAME / "tools")
    for path in folder.rglob("*.py")
    if '__name__ == "__main__"' in path.read_text() and not {"tests", "faults"} & set(path.parts)
)


def run(script, *words):
    return subprocess.run(
        [sys.executable, ROOT_DIRNAME / script, *words], capture_output=True, text=True, cwd=LAB_DIRNAME, timeout=1200
    )


@pytest.mark.parametrize("script", [*SCRIPTS, "lab7/text_recognizer/paragraph_text_recognizer.py"])
def test_help_works(script):
    done = run(script, "--help")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout) > 80


@pytest.mark.parametrize("script", [*SCRIPTS, "lab7/text_recognizer/paragraph_text_recognizer.py"])
def test_a_flag_that_there_is_not_is_no_traceback(script):
    if script == "lab7/training/main.py" and find_spec("hydra") is None:
        pytest.skip("its flags are Hydra's, which is an extra")
    done = run(script, "--no_such_flag=1")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "no_such_flag" in done.stderr + done.stdout
