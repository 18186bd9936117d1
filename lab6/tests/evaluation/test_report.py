import json

import pytest

from text_recognizer.evaluation.examples import Example
from text_recognizer.evaluation.report import as_json, compare, make_report, show_comparison, show_rate


def examples(readings, writers=("ann", "bob", "ann")):
    texts = ("one line", "another", "and more")
    return [
        Example(i, f"l{i}", writer, text, read)
        for i, (text, read, writer) in enumerate(zip(texts, readings, writers, strict=True))
    ]


GOOD, BAD = examples(("one line", "another", "and mare")), examples(("ome lime", "amother", "amd more"))


def test_a_report_adds_everything_up():
    report = make_report({"split": "val"}, BAD)
    assert report.total.cer.edits == 4
    assert report.confusions == [("n", "m", 4)]
    assert [group.num for group in report.by_length] == [3]
    assert "each of 2 writers" in report.about["interval"]
    assert show_rate(report.total.cer, "characters").endswith("4 edits of 23 characters")


def test_intervals_say_what_was_drawn():
    assert "each of 3 examples" in make_report({}, examples(["", "", ""], [None] * 3)).about["interval"]
    assert "but one writer" in make_report({}, examples(["", "", ""], ["ann"] * 3)).about["interval"]


def test_a_report_is_whole_in_json():
    content = json.loads(
        json.dumps(as_json(make_report({"split": "val"}, GOOD, compare(GOOD, BAD, "b.ckpt"))), allow_nan=False)
    )
    assert content["cer"]["value"] == pytest.approx(1 / 23)
    assert content["num_without_error"] == 2
    (last,) = content["examples"][2:]
    assert (last["name"], last["writer"], last["read"]) == ("l2", "ann", "and mare")
    assert (last["char_edits"], last["word_edits"]) == (1, 1)
    assert content["comparison"]["cer"]["value"] == pytest.approx((1 - 4) / 23)
    assert content["comparison"]["other_cer"]["value"] == pytest.approx(4 / 23)


def test_fewer_errors_than_the_other_are_below_zero():
    assert "difference -13.04 points" in "\n".join(show_comparison(compare(GOOD, BAD, "b.ckpt")))
    assert "difference +13.04 points" in "\n".join(show_comparison(compare(BAD, GOOD, "g.ckpt")))


def test_readings_of_different_texts_are_not_compared():
    with pytest.raises(ValueError, match="different texts"):
        compare(GOOD, GOOD[:2], "other")


def test_nothing_at_all_is_no_error():
    report = make_report({}, [])
    assert report.total.cer.value == 0
    assert as_json(report)["by_length"] == []
