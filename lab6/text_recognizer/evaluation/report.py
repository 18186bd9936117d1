"""All that an evaluation found, as data for a JSON file and as lines for the terminal."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from text_recognizer.evaluation.bootstrap import LEVEL, NUM_RESAMPLES, Difference, Rate, difference_of
from text_recognizer.evaluation.edits import confusions
from text_recognizer.evaluation.examples import Example, Group, by_length, by_writer, measure, unit_of, units

DEFINITIONS = {
    "CER": "character error rate: the least number of characters to insert, delete or replace, added up over all "
    "examples, divided by the number of characters written in all of them; case, punctuation and spaces count",
    "WER": "word error rate: the same for words, which are what stands between white space, so that a wrong comma "
    "makes a wrong word",
}
SHOWN_AS = {"": "(nothing)", " ": "(space)", "\n": "(new line)"}


@dataclass(frozen=True)
class Comparison:
    """How much lower the error rates are than those of another model, on the same examples."""

    other: str
    other_cer: Rate
    other_wer: Rate
    cer: Difference
    wer: Difference


@dataclass(frozen=True)
class Report:
    """An evaluation: where it comes from, each example, and the rates."""

    about: dict[str, str]
    examples: Sequence[Example]
    total: Group
    by_length: Sequence[Group]
    by_writer: Sequence[Group]
    confusions: Sequence[tuple[str, str, int]]
    comparison: Comparison | None = None


def make_report(about: dict[str, str], examples: Sequence[Example], comparison: Comparison | None = None) -> Report:
    """Work out all rates of some examples."""
    counts = confusions((example.reference, example.hypothesis) for example in examples)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return Report(
        about=about | {"interval": describe_interval(examples)},
        examples=examples,
        total=measure("all", examples),
        by_length=by_length(examples),
        by_writer=by_writer(examples),
        confusions=[(reference, hypothesis, count) for (reference, hypothesis), count in ordered],
        comparison=comparison,
    )


def compare(examples: Sequence[Example], others: Sequence[Example], other: str) -> Comparison:
    """Compare the readings of two models of the same texts.

    Raises
    ------
    ValueError
        If the texts are not the same.
    """
    if [example.reference for example in examples] != [example.reference for example in others]:
        raise ValueError("the two models were shown different texts")
    groups, total = units(examples), measure(other, others)
    cer = difference_of(
        [e.char_edits for e in examples], [e.char_edits for e in others], [len(e.reference) for e in examples], groups
    )
    wer = difference_of(
        [e.word_edits for e in examples],
        [e.word_edits for e in others],
        [len(e.reference.split()) for e in examples],
        groups,
    )
    return Comparison(other, total.cer, total.wer, cer, wer)


def describe_interval(examples: Sequence[Example]) -> str:
    """Say how the intervals are made."""
    unit, num = unit_of(examples), len(set(units(examples)))
    if num < 2:
        return f"none, for there is but one {unit}"
    return f"[{LEVEL:.0%} of {NUM_RESAMPLES:,} bootstrap resamples, each of {num:,} {unit}s drawn with replacement]"


def show_rate(rate: Rate, unit: str) -> str:
    """Write a rate as people read it, with what it is made of."""
    return f"{percent(rate.value)}{show_interval(rate)}, {rate.edits:,} edits of {rate.size:,} {unit}"


def show_interval(of: Rate | Difference) -> str:
    """Write an interval in percent, in brackets; nothing where there is none."""
    return "" if of.low is None or of.high is None else f" [{100 * of.low:.2f} to {100 * of.high:.2f}]"


def percent(value: float) -> str:
    """Write a share in percent."""
    return f"{100 * value:.2f} %"


def show_comparison(comparison: Comparison) -> list[str]:
    """Write how one model differs from another; a negative difference means fewer errors than the other's."""
    lines = [f"Compared with {comparison.other}, on the same examples (below 0: this one has fewer errors)"]
    rates = (("CER", comparison.other_cer, comparison.cer), ("WER", comparison.other_wer, comparison.wer))
    for name, other, difference in rates:
        share = "" if difference.share_below is None else f"; below 0 in {difference.share_below:.1%} of the resamples"
        difference_text = f"{100 * difference.value:+.2f} points{show_interval(difference)}{share}"
        lines.append(f"  {name} of the other {percent(other.value)}; difference {difference_text}")
    return lines


def as_json(report: Report) -> dict[str, Any]:
    """Return the report in lists and dictionaries."""
    return {
        **report.about,
        "definitions": DEFINITIONS,
        "num_examples": report.total.num,
        "num_without_error": sum(example.char_edits == 0 for example in report.examples),
        "cer": _rate(report.total.cer),
        "wer": _rate(report.total.wer),
        "comparison": _comparison(report.comparison),
        "by_length": [_group(group) for group in report.by_length],
        "by_writer": [_group(group) for group in report.by_writer],
        "confusions": [{"written": a, "read": b, "count": count} for a, b, count in report.confusions],
        "examples": [_example(example) for example in report.examples],
    }


def _example(example: Example) -> dict[str, Any]:
    return {
        "index": example.index,
        "name": example.name,
        "writer": example.writer,
        "written": example.reference,
        "read": example.hypothesis,
        "char_edits": example.char_edits,
        "word_edits": example.word_edits,
    }


def _rate(rate: Rate) -> dict[str, Any]:
    return {"value": rate.value, **asdict(rate)}


def _group(group: Group) -> dict[str, Any]:
    return {"name": group.name, "num": group.num, "cer": _rate(group.cer), "wer": _rate(group.wer)}


def _comparison(comparison: Comparison | None) -> dict[str, Any] | None:
    if comparison is None:
        return None
    others = {"other_cer": _rate(comparison.other_cer), "other_wer": _rate(comparison.other_wer)}
    return asdict(comparison) | others
