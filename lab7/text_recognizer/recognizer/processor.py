"""What the processor can do, and how much of it a process takes."""

import functools
import os
import sys
import warnings
from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")  # Linux alone has it
FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}  # of processors that compute with 16 bits; the last is Arm's
QUESTIONS = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")  # that torch.cpu answers on other systems
NO_BF16 = "this processor does not compute with numbers of 16 bits, which would take many times as long: reading in 32"


@functools.cache
def computes_in_16_bits() -> bool:
    """Tell whether the processor computes with bfloat16, and does not only imitate it."""
    if CPU_INFO.is_file():
        return bool(FLAGS & set(CPU_INFO.read_text(errors="replace").split()))
    import torch

    return any(getattr(torch.cpu, question, lambda: False)() for question in QUESTIONS)


def bf16_if_fast(bf16: bool) -> bool:
    """Return whether to read in 16 bits: if that was asked for and the processor can; say so where it cannot."""
    if bf16 and not computes_in_16_bits():
        warnings.warn(NO_BF16, stacklevel=3)
        return False
    return bf16


def use_one_thread() -> None:
    """Keep this process to one core: PyTorch and OpenCV would each take all of them."""
    import cv2

    cv2.setNumThreads(1)
    if "torch" in sys.modules:  # not where ONNX Runtime reads
        sys.modules["torch"].set_num_threads(1)


@functools.cache
def prepare_for_forks() -> None:
    """Let a fork of this process read on, with one thread.

    A fork has none of the threads that PyTorch and OpenCV have started, and would wait for them for ever. OpenCV's are
    stopped before, for afterwards it would wait for their end, too.
    """
    if not hasattr(os, "register_at_fork"):
        return  # Windows knows no forks
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
    """Tells whether this is still the process that an object was made in, or a fork of it."""

    def __init__(self) -> None:
        self.number = os.getpid()

    def is_fork(self) -> bool:
        """Tell whether this is another process, the first time that it is asked in it."""
        is_fork, self.number = os.getpid() != self.number, os.getpid()
        return is_fork
