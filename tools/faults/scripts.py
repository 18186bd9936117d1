"""Runs scripts in processes of their own that have the large packages loaded already, which takes seconds each time."""

import multiprocessing
import os
import resource
import runpy
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

LARGE = [
    *("torch", "torchvision", "pytorch_lightning", "jsonargparse", "scipy.io", "h5py", "cv2", "PIL.Image"),
    *("nltk", "wordfreq", "rapidfuzz"),
]
TIME_LIMIT = 1200.0  # seconds; a busy machine is no fault


class Script:
    """A script that runs like `python script words…`, in a process group of its own, and with one thread.

    Parameters
    ----------
    script
        Its file.
    words
        Its command line.
    cwd
        The directory that it runs in.
    max_bytes
        The longest file that it can write, as if the disk were full then.
    """

    def __init__(self, script: Path, words: Any, cwd: Path, max_bytes: int | None = None) -> None:
        has_server = "forkserver" in multiprocessing.get_all_start_methods()
        context: Any = multiprocessing.get_context("forkserver" if has_server else "spawn")
        if has_server:
            context.set_forkserver_preload(LARGE)
        self._directory = tempfile.TemporaryDirectory(prefix="text-recogniser-script-", ignore_cleanup_errors=True)
        self.output = Path(self._directory.name)
        settings = (str(script), [str(word) for word in words], str(cwd), str(self.output), max_bytes)
        self.process = context.Process(target=_become, args=settings)
        self.process.start()

    @property
    def pid(self) -> int:
        """The number of its process, and of its process group."""
        return self.process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit status, that of a signal below zero; None as long as it runs."""
        return self.process.exitcode

    def wait(self) -> int | None:
        """Wait for its end, and return its exit status."""
        self.process.join(TIME_LIMIT)
        if self.process.is_alive():
            os.killpg(self.pid, signal.SIGKILL)
            raise TimeoutError(f"{self.process.pid} has not ended after {TIME_LIMIT} seconds: {self.stderr}")
        return self.returncode

    @property
    def stdout(self) -> str:
        """What it has printed."""
        return (self.output / "stdout").read_text()

    @property
    def stderr(self) -> str:
        """What it has printed as errors."""
        return (self.output / "stderr").read_text()


def _become(script: str, words: list[str], cwd: str, output: str, max_bytes: int | None) -> None:
    """Be the script, from its command line to its exit status."""
    multiprocessing.set_start_method(None, force=True)  # the script's own processes start as they do elsewhere
    os.setsid()
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(os.path.join(output, name), os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background of a shell ignores it
    import torch

    torch.set_num_threads(1)
    os.chdir(cwd)
    sys.argv = [script, *words]
    sys.path.insert(0, os.path.dirname(script))
    if max_bytes is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (max_bytes, max_bytes))
    runpy.run_path(script, run_name="__main__")
