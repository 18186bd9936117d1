"""Texts with what was read of them: their error rates, in all, by writer and by length."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from boltons.iterutils import bucketize

from text_recognizer.evaluation.bootstrap import Rate, rate_of
from text_recognizer.evaluation.edits import char_edits, word_edits

MOST_LENGTHS = 10
STEPS = (5, 10, 20, 50, 100, 200, 500, 1000)  # round widths for ranges of lengths


@dataclass(frozen=True)
class Example:
    """What is written in an image, and what was read.

    Parameters
    ----------
    index
        Where it is in its split.
    name
        What its data set calls it.
    writer
        Who wrote it; None if that is not known.
    reference
        What is written.
    hypothesis
        What the model read.
    """

    index: int
    name: str
    writer: str | None
    reference: str
    hypothesis: str

    @cached_property
    def char_edits(self) -> int:
        """Edits of characters."""
        return char_edits(self.reference, self.hypothesis)

    @cached_property
    def word_edits(self) -> int:
        """Edits of words."""
        return word_edits(self.reference, self.hypothesis)

    @property
    def cer(self) -> float:
        """Character error rate of this example alone."""
        return Rate(self.char_edits, len(self.reference)).value


@dataclass(frozen=True)
class Group:
    """The error rates of some examples."""

    name: str
    num: int
    cer: Rate
    wer: Rate


def unit_of(examples: Sequence[Example]) -> str:
    """Return what the bootstrap draws anew: "writer" where all are known, else "example"."""
    return "writer" if all(example.writer is not None for example in examples) else "example"


def units(examples: Sequence[Example]) -> list[str | int]:
    """Return the unit that each example belongs to."""
    by_writer = unit_of(examples) == "writer"
    return [example.writer if by_writer and example.writer is not None else example.index for example in examples]


def measure(name: str, examples: Sequence[Example]) -> Group:
    """Return the error rates of some examples, with intervals."""
    groups = units(examples)
    cer = rate_of([e.char_edits for e in examples], [len(e.reference) for e in examples], groups)
    wer = rate_of([e.word_edits for e in examples], [len(e.reference.split()) for e in examples], groups)
    return Group(name, len(examples), cer, wer)


def by_writer(examples: Sequence[Example]) -> list[Group]:
    """Return the error rates of each writer, worst first; nothing where a writer is unknown."""
    if unit_of(examples) != "writer":
        return []
    of_writer = bucketize(examples, key=lambda example: str(example.writer))
    groups = [measure(writer, theirs) for writer, theirs in of_writer.items()]
    return sorted(groups, key=lambda group: (-group.cer.value, group.name))


def by_length(examples: Sequence[Example]) -> list[Group]:
    """Return the error rates by number of characters written, in at most ten ranges of a round width."""
    longest = max((len(example.reference) for example in examples), default=0)
    step = next((step for step in STEPS if longest < MOST_LENGTHS * step), longest + 1)
    of_range = bucketize(examples, key=lambda example: len(example.reference) // step)
    return [measure(f"{i * step}-{(i + 1) * step - 1}", of_range[i]) for i in sorted(of_range)]


def worst_first(examples: Sequence[Example]) -> list[Example]:
    """Sort by error rate; where it is the same, more edits are worse."""
    return sorted(examples, key=lambda example: (-example.cer, -example.char_edits, example.index))
