"""Finds the texts that CTC, connectionist temporal classification, cannot align.

Letters in this file: B batch, T labels in a row.
"""

import torch
from pytorch_lightning.utilities import rank_zero_warn


def warn_of_unaligned(impossible: torch.Tensor, num_windows: int, where: str, flag: str) -> None:
    """Warn of the rows of a batch that cannot be aligned, and name the flag that gives more frames."""
    if impossible.any():
        rows = impossible.nonzero().flatten().tolist()
        rank_zero_warn(
            f"{where}, rows {rows}: CTC cannot align these texts with {num_windows} windows, of which each character "
            f"needs one, and a repeated character another. They are left out of the loss. Make {flag} smaller"
        )


def shortest_path_lengths(y: torch.Tensor, is_text: torch.Tensor) -> torch.Tensor:
    """Return how many frames each text needs: one per character, and a blank between two equal ones.

    Parameters
    ----------
    y
        (B, T) labels.
    is_text
        (B, T) bool: which of them are characters. They stand next to each other.
    """
    repeats = (y[:, 1:] == y[:, :-1]) & is_text[:, 1:] & is_text[:, :-1]
    return is_text.sum(dim=1) + repeats.sum(dim=1)
