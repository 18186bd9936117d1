"""The processor's support of bfloat16, and the number of threads of a process."""

import functools
import os
import sys
import warnings
from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")  # exists on Linux only
FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}  # of processors that compute in bfloat16; the last is Arm's
QUESTIONS = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")  # functions of torch.cpu, for other systems
WAITING = "OMP_WAIT_POLICY"
NO_BF16 = "this processor does not compute in bfloat16, which would take many times as long: reading in 32 bits"


@functools.cache
def computes_in_16_bits() -> bool:
    """Tell whether the processor computes in bfloat16 and does not emulate it."""
    if CPU_INFO.is_file():
        return bool(FLAGS & set(CPU_INFO.read_text(errors="replace").split()))
    import torch

    return any(getattr(torch.cpu, question, lambda: False)() for question in QUESTIONS)


def bf16_if_fast(bf16: bool) -> bool:
    """Return whether to read in bfloat16: if it was asked for and the processor supports it. Warn if it does not."""
    if bf16 and not computes_in_16_bits():
        warnings.warn(NO_BF16, stacklevel=3)
        return False
    return bf16


def use_one_thread() -> None:
    """Limit this process to one core: PyTorch and OpenCV would each use all of them."""
    import cv2

    cv2.setNumThreads(1)
    if "torch" in sys.modules:  # not loaded where ONNX Runtime reads
        sys.modules["torch"].set_num_threads(1)


def waits_passively() -> bool:
    """Tell whether threads that wait for each other are to sleep; OpenMP's variable says so to PyTorch."""
    return os.environ.get(WAITING, "").lower() == "passive"


@functools.cache
def prepare_for_forks() -> None:
    """Make forks of this process able to read, with one thread.

    A fork has none of the threads that PyTorch and OpenCV have started, and would wait for them for ever. OpenCV's
    threads are stopped before the fork, because stopping them afterwards would wait for ever too.
    """
    if not hasattr(os, "register_at_fork"):
        return  # Windows has no fork
    import cv2

    nums = []

    def stop() -> None:
        nums.append(cv2.getNumThreads())
        cv2.setNumThreads(1)

    os.register_at_fork(before=stop, after_in_parent=lambda: cv2.setNumThreads(nums.pop()), after_in_child=_torch_alone)


def _torch_alone() -> None:
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


class Process:
    """Tells whether an object is still in the process that made it, or in a fork."""

    def __init__(self) -> None:
        self.number = os.getpid()

    def is_fork(self) -> bool:
        """Tell whether this is another process than at the last call."""
        is_fork = os.getpid() != self.number
        self.number = os.getpid()
        return is_fork
