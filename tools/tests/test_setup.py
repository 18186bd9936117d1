"""`pip install .` gives a recogniser that reads from anywhere, and the labs still import their own package."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY_DIRNAME = Path(__file__).resolve().parents[2]
LAB_DIRNAME = REPOSITORY_DIRNAME / "lab7"
PACKAGE_DIRNAME = LAB_DIRNAME / "text_recognizer"
WRITE_ARTIFACT = """
import sys
from pathlib import Path
from tests.tiny_artifact import draw_page, write_artifact
write_artifact(Path(sys.argv[1]))
draw_page().save(sys.argv[2])
"""
# Stands for an environment that has what setup.py asks for, and nothing more.
ONLY_WHAT_IS_REQUIRED = """
import importlib.abc, importlib.machinery, sys
MISSING = {"pytorch_lightning", "lightning_utilities", "torchmetrics", "jsonargparse", "boltons", "h5py", "nltk",
           "rich", "yaml", "scipy", "sklearn", "rapidfuzz", "wandb", "defusedxml", "training"}
class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self) if name.partition(".")[0] in MISSING else None
    def exec_module(self, module):  # and not in find_spec, which PyTorch also calls to ask whether there is a package
        raise ModuleNotFoundError(f"No module named {module.__name__!r}", name=module.__name__)
sys.meta_path.insert(0, Finder())
"""


def run(*command, cwd="/", **environment):
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    result = subprocess.run(list(map(str, command)), cwd=cwd, env=clean | environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Install the package with a tiny artifact into a directory of its own."""
    source, site = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site")
    shutil.copy(REPOSITORY_DIRNAME / "setup.py", source)
    package_dirname = source / "lab7" / "text_recognizer"
    shutil.copytree(PACKAGE_DIRNAME, package_dirname, ignore=shutil.ignore_patterns("__pycache__", "artifacts"))
    artifact_dirname = package_dirname / "artifacts" / "paragraph_text_recognizer"
    run(sys.executable, "-c", WRITE_ARTIFACT, artifact_dirname, site / "page.png", cwd=LAB_DIRNAME)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps"]
    run(*pip, "--no-build-isolation", f"--target={site}", source)
    (site / "sitecustomize.py").write_text(ONLY_WHAT_IS_REQUIRED)
    return site


def test_the_command_reads_from_any_directory_with_nothing_but_what_is_required(site, tmp_path):
    (command,) = (site / "bin").glob("read-paragraph*")
    text = run(sys.executable, command, site / "page.png", cwd=tmp_path, PYTHONPATH=str(site))
    assert text.strip()


def test_what_is_required_is_what_the_recogniser_needs(site):
    (metadata,) = site.glob("text_recognizer-*.dist-info/METADATA")
    lines = metadata.read_text().splitlines()
    named = [line.split(": ")[1] for line in lines if line.startswith("Requires-Dist")]
    service = ("fastapi", "uvicorn", "python-multipart")
    wanted = {
        "onnx": ("onnxruntime>=1.23",),
        "tokens": ("sentencepiece", "defusedxml", "boltons"),
        "documents": ("pypdfium2", "reportlab", "pillow-heif"),
        "service": service,
        "app": (*service, "gradio"),
        "ray": ("ray[data]",),
    }
    extras = {f'{name}; extra == "{extra}"' for extra, names in wanted.items() for name in names}
    assert {line for line in named if "extra ==" in line} == extras
    required = {line.rstrip("0123456789.>=") for line in named if "extra ==" not in line}
    assert required == {"torch", "torchvision", "pillow", "numpy", "opencv-python-headless", "smart_open[http]"}


def test_what_only_training_needs_is_not_installed(site):
    assert [path.name for path in (site / "text_recognizer" / "data").iterdir()] == ["emnist_essentials.json"]
    assert not (site / "tests").exists()
    assert (site / "text_recognizer" / "artifacts" / "paragraph_text_recognizer" / "run_command.txt").is_file()


def test_a_lab_still_imports_its_own_package(site, tmp_path):
    """The last lab; each lab's own tests/test_import_path.py asks the same of each of its scripts."""
    (tmp_path / "text_recognizer").symlink_to(site / "text_recognizer")  # without the environment's restrictions
    script = LAB_DIRNAME / "training" / "save_best_model.py"
    code = f"import runpy; runpy.run_path({str(script)!r}); import text_recognizer as t; print(t.__file__)"
    found = run(sys.executable, "-c", code, PYTHONPATH=str(tmp_path)).splitlines()[-1]
    assert Path(found) == PACKAGE_DIRNAME / "__init__.py"
