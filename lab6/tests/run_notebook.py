"""Runs a notebook of the lab in a process of its own, on the data of the tests."""

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient

NOTEBOOKS_DIRNAME = Path(__file__).resolve().parents[1] / "notebooks"
# Seconds. They are there so that what hangs ends, and not to measure how busy a machine is.
TIMEOUTS = {"timeout": 3600, "startup_timeout": 1200, "iopub_timeout": 1200}


def run_notebook(name, cwd=NOTEBOOKS_DIRNAME, **environment):
    """Run a notebook; return it with its outputs. A cell that fails raises nbclient's CellExecutionError."""
    notebook = nbformat.read(NOTEBOOKS_DIRNAME / f"{name}.ipynb", as_version=4)
    resources = {"metadata": {"path": str(cwd)}}
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | environment
    with tempfile.TemporaryDirectory() as dirname:
        manager = kernel_manager(Path(dirname))
        client = NotebookClient(notebook, km=manager, raise_on_iopub_timeout=True, resources=resources, **TIMEOUTS)
        client.execute(env=env, cleanup_kc=True)
    return notebook


def kernel_manager(dirname):
    """Return what starts a kernel, which talks over files: a port may be taken by the time the kernel binds it."""
    if sys.platform == "win32":
        return AsyncKernelManager(kernel_name="python3")
    return AsyncKernelManager(kernel_name="python3", transport="ipc", ip=str(dirname / "kernel"))


def printed(notebook):
    """Return all that a notebook printed."""
    return "".join(output.text for output in outputs_of(notebook) if output.output_type == "stream")


def num_pictures(notebook):
    """Return how many pictures a notebook shows."""
    return sum("image/png" in output.get("data", {}) for output in outputs_of(notebook))


def outputs_of(notebook):
    """Return the outputs of all cells."""
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]
