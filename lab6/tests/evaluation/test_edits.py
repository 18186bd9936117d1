import pytest

from text_recognizer.evaluation.edits import align, char_edits, confusions, word_edits

# reference, hypothesis, edits of characters, edits of words
PAIRS = [
    ("", "", 0, 0),
    ("", "abc", 3, 1),
    ("abc", "", 3, 1),
    ("move", "move", 0, 0),
    ("the cat sat", "the cot sat", 1, 1),
    ("the cat sat", "thecat sat", 1, 2),
    ("the cat", "the  cat", 1, 0),
    ("end.", "end", 1, 1),
    ("one\ntwo", "one two", 1, 0),
    ("a b c", "b c d", 3, 2),
]


@pytest.mark.parametrize(("reference", "hypothesis", "chars", "words"), PAIRS)
def test_edits_are_counted_in_characters_and_in_words(reference, hypothesis, chars, words):
    assert (char_edits(reference, hypothesis), word_edits(reference, hypothesis)) == (chars, words)


@pytest.mark.parametrize(("reference", "hypothesis"), [pair[:2] for pair in PAIRS])
def test_aligned_parts_put_together_are_the_texts(reference, hypothesis):
    parts = align(reference, hypothesis)
    assert "".join(part.reference for part in parts) == reference
    assert "".join(part.hypothesis for part in parts) == hypothesis
    assert sum(max(len(part.reference), len(part.hypothesis)) for part in parts if part.kind != "equal") == char_edits(
        reference, hypothesis
    )


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], {}),
        ([("same", "same")], {}),
        ([("cat", "cot"), ("hat", "hot")], {("a", "o"): 2}),
        ([("ab", "b")], {("a", ""): 1}),
        ([("b", "ab")], {("", "a"): 1}),
        ([("", "x"), ("x", "")], {("", "x"): 1, ("x", ""): 1}),
        ([("rn in", "m in")], {("r", ""): 1, ("n", "m"): 1}),
    ],
)
def test_each_edit_is_a_confusion(pairs, expected):
    counts = confusions(pairs)
    assert sum(counts.values()) == sum(char_edits(*pair) for pair in pairs)
    # Of "rn" read as "m" either letter may be the one that was left out.
    assert dict(counts) in (expected, {("r", "m"): 1, ("n", ""): 1})
