"""Extends a trained model to a larger vocabulary.

Letters in this file: C classes before, D classes after, E embedding.
"""

from collections.abc import Mapping, Sequence

import torch


def extend_head(
    state_dict: Mapping[str, torch.Tensor],
    old_mapping: Sequence[str],
    new_mapping: Sequence[str],
    head: str = "classifier",
) -> dict[str, torch.Tensor]:
    """Return weights whose last layer has a row for each entry of a new vocabulary.

    A known character keeps its row. A new one gets the mean of all rows, and so a low probability: the model reads as
    before until it is trained on the new character.

    Parameters
    ----------
    state_dict
        Weights, with `<head>.weight` (C, E) and `<head>.bias` (C,).
    old_mapping
        The vocabulary that they were trained with, C entries.
    new_mapping
        The one to go on with, D entries: all of the old ones and more.
    head
        Name of the last layer.

    Raises
    ------
    ValueError
        If the layer does not fit the old vocabulary, or the new one lacks some of it.
    """
    num_rows = len(state_dict[f"{head}.bias"])
    if num_rows != len(old_mapping):
        raise ValueError(f"{head} has {num_rows} rows: expected {len(old_mapping)}, one for each entry")
    if lost := [entry for entry in old_mapping if entry not in new_mapping]:
        raise ValueError(f"the new vocabulary lacks {' '.join(map(repr, lost))}, which the weights can read")
    row_of = {entry: row for row, entry in enumerate(old_mapping)}
    extended = dict(state_dict)
    for name in ("weight", "bias"):
        rows = state_dict[f"{head}.{name}"]
        mean = rows.mean(dim=0)
        extended[f"{head}.{name}"] = torch.stack(
            [rows[row_of[entry]] if entry in row_of else mean for entry in new_mapping]
        )
    return extended
