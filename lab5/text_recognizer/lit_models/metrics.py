"""The character error rate."""

from collections.abc import Hashable, Iterable, Sequence

import torch
from rapidfuzz.distance import Levenshtein
from torchmetrics import Metric

from text_recognizer.vocabulary import Tokenizer


class CharacterErrorRate(Metric):
    """Insertions, deletions and substitutions over all texts, divided by the characters of all references.

    This is the corpus CER, sum(edits) / sum(len(reference)); it exceeds 1 where far too much is read. The FSDL labs of
    2021 published the mean over lines of edits / max(len(reference), len(hypothesis)) instead, which is lower on long
    lines and never exceeds 1: the two do not compare. Where all references are empty it is 0 if nothing was read, else
    the number of edits.

    Parameters
    ----------
    ignored
        Tokens that do not count, such as padding.
    tokenizer
        Turns rows of labels into texts, so that a label that stands for several characters counts as many. Without it
        each token counts as one.
    """

    full_state_update = False
    higher_is_better = False
    edits: torch.Tensor
    num_characters: torch.Tensor

    def __init__(self, ignored: Iterable[Hashable] = (), tokenizer: Tokenizer | None = None) -> None:
        super().__init__()
        self.ignored = frozenset(ignored)
        self.tokenizer = tokenizer
        self.add_state("edits", torch.tensor(0), dist_reduce_fx="sum")
        self.add_state("num_characters", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, references: Iterable[Sequence], hypotheses: Iterable[Sequence]) -> None:
        """Count the edits between predictions and references: pairs of strings, or of rows of labels."""
        for reference, hypothesis in zip(references, hypotheses, strict=True):
            kept = self._kept(reference)
            self.edits += Levenshtein.distance(kept, self._kept(hypothesis))
            self.num_characters += len(kept)

    def compute(self) -> torch.Tensor:
        """Return the rate of all pairs so far."""
        return self.edits / self.num_characters.clamp(min=1)

    def _kept(self, tokens: Sequence) -> Sequence:
        kept = [token for token in tokens if token not in self.ignored]
        return kept if self.tokenizer is None else self.tokenizer.decode(kept)
