"""Greedy CTC decoding: the most probable class of each frame, runs merged, blanks dropped.

Letters in this file: B batch, C classes, S frames (windows of the image).
"""

import torch


def ctc_greedy_decode(logits: torch.Tensor, blank: int, padding: int) -> torch.Tensor:
    """Take the most probable class of each frame, merge runs of the same class, drop blanks.

    This is best path decoding (Graves et al. 2006, section 3.2): fast, and mostly the same as the most probable text.

    Parameters
    ----------
    logits
        (B, C, S).
    blank
        The class that stands for "no character here".
    padding
        Fills the rows after the end of their text.

    Returns
    -------
    Tensor
        (B, S) labels.

    Examples
    --------
    >>> path = torch.tensor([[7, 7, 0, 7, 5, 0]])
    >>> ctc_greedy_decode(torch.nn.functional.one_hot(path, 8).mT, blank=0, padding=3)
    tensor([[7, 7, 5, 3, 3, 3]])
    """
    path = logits.argmax(dim=1)  # (B, S)
    is_new = torch.ones_like(path, dtype=torch.bool)
    is_new[:, 1:] = path[:, 1:] != path[:, :-1]
    kept = is_new & (path != blank)
    order = (~kept).int().argsort(dim=1, stable=True)  # what is kept moves to the left, in its order
    decoded = path.masked_fill(~kept, padding)
    return decoded.gather(1, order)
