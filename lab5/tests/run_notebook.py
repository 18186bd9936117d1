"""Runs a notebook of the lab in a process of its own, on the data of the tests."""

import os
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS_DIRNAME = Path(__file__).resolve().parents[1] / "notebooks"
CELL_TIMEOUT = 300  # seconds


def run_notebook(name, cwd=NOTEBOOKS_DIRNAME, **environment):
    """Run a notebook; return it with its outputs. A cell that fails raises nbclient's CellExecutionError."""
    notebook = nbformat.read(NOTEBOOKS_DIRNAME / f"{name}.ipynb", as_version=4)
    resources = {"metadata": {"path": str(cwd)}}
    client = NotebookClient(notebook, timeout=CELL_TIMEOUT, kernel_name="python3", resources=resources)
    client.execute(env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | environment)
    return notebook


def printed(notebook):
    """Return all that a notebook printed."""
    return "".join(output.text for output in outputs_of(notebook) if output.output_type == "stream")


def num_pictures(notebook):
    """Return how many pictures a notebook shows."""
    return sum("image/png" in output.get("data", {}) for output in outputs_of(notebook))


def outputs_of(notebook):
    """Return the outputs of all cells."""
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]
