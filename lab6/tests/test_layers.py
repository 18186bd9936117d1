"""The rooms of the code lie in layers: a module imports its own room and those of lower layers, never upwards."""

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.every_lab
LAB_DIRNAME = Path(__file__).resolve().parents[1]
# From the bottom up. What stands in one row does not know each other. A room is a package or a module at the top of
# text_recognizer/ or training/; not every lab has all of them.
LAYERS = (
    ("text_recognizer.util", "text_recognizer.paths"),
    (
        "text_recognizer.vocabulary",
        "text_recognizer.whole_directory",
        "text_recognizer.checked_json",
        "text_recognizer.checked_arrays",
        "text_recognizer.web",
    ),
    ("text_recognizer.graphs",),
    ("text_recognizer.images", "text_recognizer.tokens", "text_recognizer.wide_vocabulary"),
    (
        "text_recognizer.handwriting",
        "text_recognizer.page",
        "text_recognizer.decoding",
        "text_recognizer.evaluation",
    ),
    ("text_recognizer.data", "text_recognizer.models", "text_recognizer.documents"),
    ("text_recognizer.lit_models", "text_recognizer.recognizer"),
    ("text_recognizer.corrections",),
    ("text_recognizer.service", "text_recognizer.fitting"),
    ("text_recognizer.app",),
    ("text_recognizer.paragraph_text_recognizer", "text_recognizer.character_predictor"),
    ("training.callbacks",),
    ("training.command_line",),
    ("training.run_experiment",),
    ("training.lightning_cli", "training.runs"),
    ("training.search",),
    (
        "training.average_artifacts",
        "training.compare_runs",
        "training.evaluate",
        "training.evaluate_recognizer",
        "training.export",
        "training.language",
        "training.main",
        "training.prepare_experiments",
        "training.rank_lines",
        "training.save_best_model",
        "training.sweep",
        "training.train_recognizer",
    ),
    ("training.calibrate_recognizer", "training.draw_strips", "training.draw_world", "training.evaluate_lines"),
    ("training.benchmarks",),
    ("training.studies",),
)
LAYER_OF = {room: number for number, row in enumerate(LAYERS) for room in row}
PACKAGES = ("text_recognizer", "training")


def modules():
    """Return the file of each module of the lab, by the module's dotted name."""
    files = [path for package in PACKAGES for path in sorted((LAB_DIRNAME / package).rglob("*.py"))]
    names = [".".join(path.relative_to(LAB_DIRNAME).with_suffix("").parts).removesuffix(".__init__") for path in files]
    return dict(zip(names, files, strict=True))


MODULES = modules()


def room_of(module):
    return ".".join(module.split(".")[:2])


def imports_of(module):
    """Return the modules of the lab that a module imports, wherever in its code it does so."""
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from (inner & MODULES.keys()) or {node.module}


IMPORTS = {module: set(imports_of(module)) for module in MODULES}


def test_every_module_lies_in_a_room_that_has_a_layer():
    rooms = {room_of(module) for module in MODULES} - set(PACKAGES)
    assert rooms <= LAYER_OF.keys()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_imports_nothing_from_above_or_beside_its_room(module):
    own = room_of(module)
    others = {room_of(other) for other in IMPORTS[module]} - {own, *PACKAGES}
    assert {room for room in others if LAYER_OF[room] >= LAYER_OF.get(own, len(LAYERS))} == set()


def test_no_module_imports_itself_by_way_of_others():
    graphlib.TopologicalSorter(IMPORTS).prepare()  # raises CycleError, which names the circle


def test_the_ground_floor_loads_quickly():
    """What imports the vocabulary waits neither for Lightning nor for NLTK."""
    if "text_recognizer.vocabulary" not in MODULES:
        pytest.skip("this lab has no vocabulary yet")
    code = "import sys, text_recognizer.vocabulary; print(*{'torch', 'pytorch_lightning', 'nltk'} & sys.modules.keys())"
    result = subprocess.run([sys.executable, "-c", code], cwd=LAB_DIRNAME, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ""
