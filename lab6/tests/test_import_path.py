"""Each script uses its own lab's package, however it is started and whatever is installed."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

LAB_DIRNAME = Path(__file__).resolve().parents[1]
SCRIPTS = sorted(
    path.relative_to(LAB_DIRNAME).as_posix()
    for path in (LAB_DIRNAME / "training").rglob("*.py")
    if 'if __name__ == "__main__"' in path.read_text(encoding="utf-8")
)
pytestmark = pytest.mark.every_lab


def head_of(script):
    """Return a script's code up to the line that changes sys.path, or to its first import of the lab."""
    tree = ast.parse((LAB_DIRNAME / script).read_text(encoding="utf-8"))
    lines = [ast.unparse(node) for node in tree.body]
    end = next(
        i for i, line in enumerate(lines) if "sys.path.insert" in line or line.startswith("from text_recognizer")
    )
    return "\n".join(lines[: end + 1])


def package_found_by(script, **environment):
    """Run a script's head from elsewhere; return the file of the text_recognizer that an import finds then."""
    code = (
        f"__file__ = {str(LAB_DIRNAME / script)!r}\n{head_of(script)}\nimport text_recognizer as t; print(t.__file__)"
    )
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, env=clean | environment, cwd="/", capture_output=True, text=True, check=True)
    return Path(result.stdout.strip().splitlines()[-1])


def test_there_are_scripts():
    assert "training/run_experiment.py" in SCRIPTS


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
