"""Flags of Lightning 1.x, which published commands still use, in today's spelling."""

from collections.abc import Sequence

import torch
from pytorch_lightning.utilities import rank_zero_only

ZERO_OR_ONE = {"0": "false", "1": "true"}
SUMMARY_FLAGS = {"full": ["--summary_depth=-1"], "top": ["--summary_depth=1"], "None": ["--enable_model_summary=false"]}


def translate(argv: Sequence[str]) -> list[str]:
    """Replace older spellings in a command line; print one line for each."""
    tokens, result = list(argv), []
    while tokens:
        token = tokens.pop(0)
        name, has_value, value = token.partition("=")
        if name in OLDER_SPELLINGS and not has_value and tokens:
            value = tokens.pop(0)
        newer = OLDER_SPELLINGS[name](value) if name in OLDER_SPELLINGS else None
        if newer is None:
            result += [token] if has_value or not value else [token, value]
        else:
            rank_zero_only(print)(f"{name}={value} is an older spelling, read as: {' '.join(newer)}")
            result += newer
    return result


def _gpus(value: str) -> list[str]:
    """`--gpus=-1` means all GPUs; where there is none, one process on the CPU."""
    if value == "0" or not torch.cuda.is_available():
        return ["--accelerator=cpu", "--devices=1"]
    return ["--accelerator=gpu", f"--devices={value}"]


def _accelerator(value: str) -> list[str] | None:
    """`ddp` used to be an accelerator; `cpu`, `gpu` and so on still are."""
    return ["--strategy=ddp"] if value == "ddp" else None


def _terminate_on_nan(value: str) -> list[str]:
    return [f"--nan_guard={ZERO_OR_ONE.get(value, value)}"]


def _weights_summary(value: str) -> list[str] | None:
    return SUMMARY_FLAGS.get(value)


OLDER_SPELLINGS = {
    "--gpus": _gpus,
    "--accelerator": _accelerator,
    "--terminate_on_nan": _terminate_on_nan,
    "--weights_summary": _weights_summary,
}
