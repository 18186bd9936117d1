"""Runs the notebooks of the labs on the data that is here, each in the lab that owns it.

python tools/notebooks.py            # all labs
python tools/notebooks.py lab2 lab5  # these

The notebooks with their outputs go to build/notebooks, which git ignores: pictures of IAM are not for publication.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError

from staging.manifest import ManifestError, load

ROOT = Path(__file__).resolve().parents[1]
OUTPUT_DIRNAME = Path("build") / "notebooks"
CELL_TIMEOUT = 600  # seconds; no notebook is meant to take a quarter of that


def owned_notebooks(root: Path, names: list[str]) -> list[str]:
    """Return the notebooks that are hand-written in some labs, or in all if none is named."""
    manifest = load(root)
    labs = [manifest.find(name) for name in names] or manifest.labs
    return [f"{lab.name}/{path}" for lab in labs for path in lab.marked("+~") if path.endswith(".ipynb")]


def run_notebook(filename: Path, output_filename: Path) -> str:
    """Run a notebook in a process of its own, write it with its outputs, and return what went wrong, if anything."""
    notebook = nbformat.read(filename, as_version=4)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    failure = ""
    try:
        with tempfile.TemporaryDirectory() as dirname:
            client = NotebookClient(
                notebook,
                km=kernel_manager(Path(dirname)),
                timeout=CELL_TIMEOUT,
                startup_timeout=CELL_TIMEOUT,
                iopub_timeout=CELL_TIMEOUT,  # after a cell has ended, in which its last outputs must have come
                raise_on_iopub_timeout=True,
                resources={"metadata": {"path": str(filename.parent)}},
                extra_arguments=["--log-level=ERROR"],  # else it warns that it talks to us without a cipher
            )
            client.execute(env=environment, cleanup_kc=True)
    except CellExecutionError as error:
        failure = error.evalue if error.ename == "UserError" else str(error).rstrip()
    except CellTimeoutError:
        failure = f"a cell took more than {CELL_TIMEOUT} seconds"
    output_filename.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, output_filename)
    return failure


def kernel_manager(dirname: Path) -> AsyncKernelManager:
    """Return what starts a kernel, which talks over files: a port may be taken by the time the kernel binds it."""
    if sys.platform == "win32":
        return AsyncKernelManager(kernel_name="python3")
    return AsyncKernelManager(kernel_name="python3", transport="ipc", ip=str(dirname / "kernel"))


def main(names: list[str], root: Path = ROOT) -> int:
    """Run the notebooks, a line for each; return 1 if any failed."""
    if {"--help", "-h"} & {*names}:
        print(__doc__)
        return 0
    try:
        notebooks = owned_notebooks(root, names)
    except ManifestError as error:
        print(error, file=sys.stderr)
        return 2
    failures = []
    for name in notebooks:
        start = time.perf_counter()
        failure = run_notebook(root / name, root / OUTPUT_DIRNAME / name.replace("/notebooks", ""))
        print(f"{name:48}{time.perf_counter() - start:6.1f} s{f'  failed: {failure}' if failure else ''}", flush=True)
        if failure:
            failures.append(name)
    print(f"{len(notebooks) - len(failures)} of {len(notebooks)} notebooks ran; to look at: {root / OUTPUT_DIRNAME}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
