"""Measures how much of a text was read wrongly."""

from collections.abc import Hashable, Iterable, Sequence

import torch
from rapidfuzz.distance import Levenshtein
from torchmetrics import Metric


class CharacterErrorRate(Metric):
    """Insertions, deletions and substitutions over all texts, divided by the characters of all references.

    This is the corpus CER, sum(edits) / sum(len(reference)); it exceeds 1 where far too much is read. The FSDL labs of
    2021 published the mean over lines of edits / max(len(read), len(reference)) instead, which is lower on long lines
    and never exceeds 1: the two do not compare. Where all references are empty it is 0 if nothing was read, else the
    number of edits.

    Parameters
    ----------
    ignored
        Tokens that do not count, such as padding.
    """

    full_state_update = False
    higher_is_better = False
    edits: torch.Tensor
    num_characters: torch.Tensor

    def __init__(self, ignored: Iterable[Hashable] = ()) -> None:
        super().__init__()
        self.ignored = frozenset(ignored)
        self.add_state("edits", torch.tensor(0), dist_reduce_fx="sum")
        self.add_state("num_characters", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, read: Iterable[Sequence], references: Iterable[Sequence]) -> None:
        """Count the edits of some pairs of texts, each a string or a row of labels."""
        for one_read, reference in zip(read, references, strict=True):
            kept_reference = self._kept(reference)
            self.edits += Levenshtein.distance(self._kept(one_read), kept_reference)
            self.num_characters += len(kept_reference)

    def compute(self) -> torch.Tensor:
        """Return the rate of all pairs so far."""
        return self.edits / self.num_characters.clamp(min=1)

    def _kept(self, tokens: Sequence) -> list:
        return [token for token in tokens if token not in self.ignored]
