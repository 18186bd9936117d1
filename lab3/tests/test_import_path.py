"""Each script uses its own lab's package, however it is started and whatever is installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

LAB_DIRNAME = Path(__file__).resolve().parents[1]
SCRIPTS = sorted(path.name for path in (LAB_DIRNAME / "training").glob("*.py") if "__main__" in path.read_text())


def package_found_by(script, **environment):
    """Start a script's head from elsewhere; return the file of the text_recognizer that it imports."""
    code = f"import runpy; runpy.run_path({str(LAB_DIRNAME / 'training' / script)!r}); import text_recognizer as t"
    command = [sys.executable, "-c", f"{code}; print(t.__file__)"]
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    result = subprocess.run(command, env=clean | environment, cwd="/", capture_output=True, text=True, check=True)
    return Path(result.stdout.strip().splitlines()[-1])


def test_there_are_scripts():
    assert "run_experiment.py" in SCRIPTS


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_uses_this_lab_even_where_another_package_is_installed(script, tmp_path):
    installed = tmp_path / "text_recognizer"
    installed.mkdir()
    (installed / "__init__.py").write_text("")
    found = package_found_by(script, PYTHONPATH=str(tmp_path))
    assert found == LAB_DIRNAME / "text_recognizer" / "__init__.py"


def test_the_tests_use_this_lab():
    import text_recognizer

    assert Path(text_recognizer.__file__) == LAB_DIRNAME / "text_recognizer" / "__init__.py"
