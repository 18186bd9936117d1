"""IAM-OnDB: both layouts give the same lines, texts are tidied, and no text is in two splits."""

import itertools

import numpy as np
import pytest

from tests import small_iam_ondb
from text_recognizer.data import iam_ondb
from text_recognizer.data.iam_ondb import find_iam_ondb, read_iam_ondb, source_of, split_sources, tidy
from text_recognizer.util import UserError


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Point to an empty directory of downloads."""
    for name in ("ARCHIVES", "ARRAYS"):
        monkeypatch.setattr(iam_ondb, name, tuple(tmp_path / path.name for path in getattr(iam_ondb, name)))
    return tmp_path


def test_the_archives_give_strokes_and_texts_by_line():
    lines = {line.id: line for line in read_iam_ondb(find_iam_ondb())}
    drawn = small_iam_ondb.draw_strokes(small_iam_ondb.TEXTS[0])
    line = lines["a01-000u-01"]
    assert line.text == small_iam_ondb.TEXTS[0]
    assert [len(stroke) for stroke in line.trace.strokes] == [len(stroke) for stroke in drawn]
    np.testing.assert_array_equal(line.trace.points, np.array(list(itertools.chain(*drawn))))
    assert 390 <= line.trace.height <= 400


def test_lines_without_strokes_or_without_a_text_are_left_out():
    ids = {line.id for line in read_iam_ondb(find_iam_ondb())}
    assert not ids & {small_iam_ondb.NO_STROKES, small_iam_ondb.NO_TEXT}
    assert len(ids) == 3 * len(small_iam_ondb.forms()) - 1


def test_the_second_layout_gives_the_same_lines_and_the_archives_come_first(place):
    small_iam_ondb.write_archives(place)
    lines = read_iam_ondb(find_iam_ondb())
    small_iam_ondb.write_arrays(place, [(line.id, line.text, list(line.trace.strokes)) for line in lines])
    assert find_iam_ondb() == iam_ondb.ARCHIVES
    iam_ondb.ARCHIVES[0].unlink()
    assert find_iam_ondb() == iam_ondb.ARRAYS
    for line, other in zip(lines, read_iam_ondb(find_iam_ondb()), strict=True):
        assert (line.id, line.text) == (other.id, other.text)
        shift = line.trace.points[0] - other.trace.points[0]
        for stroke, moved in zip(line.trace.strokes, other.trace.strokes, strict=True):
            np.testing.assert_array_equal(stroke, moved + shift)


def test_more_points_than_16_bits_can_count_are_read(place):
    rng = np.random.default_rng(0)
    strokes = [np.cumsum(rng.integers(-9, 10, (400, 2)), axis=0) for _ in range(4)]
    lines = [(f"a01-{i:03}z-01", "words", strokes) for i in range(50)]  # 80,000 points
    small_iam_ondb.write_arrays(place, lines)
    read = read_iam_ondb(find_iam_ondb())
    np.testing.assert_array_equal(read[-1].trace.points - read[0].trace.points, 0)


def test_a_missing_set_says_what_to_put_where(place):
    with pytest.raises(UserError, match=r"lineStrokes-all\.tar\.gz and ascii-all\.tar\.gz or strokes\.npz"):
        find_iam_ondb()


@pytest.mark.parametrize("damage", ["not an archive", "a list of other lines"])
def test_damaged_files_are_a_message(place, damage):
    if damage == "not an archive":
        small_iam_ondb.write_archives(place)
        (place / "lineStrokes-all.tar.gz").write_bytes(b"<html>")
    else:
        stroke = [np.array([(0, 0), (9, 9)])]
        small_iam_ondb.write_arrays(place, [("a01-000z-01", "one", stroke), ("a01-000z-02", "two", stroke)])
        (place / "lines.jsonl").write_text("".join(reversed((place / "lines.jsonl").read_text().splitlines(True))))
    with pytest.raises(UserError, match="are no whole copy of IAM-OnDB's strokes"):
        read_iam_ondb(find_iam_ondb())


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("A MOVE to stop Mr . Gaitskell", "A MOVE to stop Mr. Gaitskell"),
        ("Mr . Foot ' s line", "Mr. Foot's line"),
        ("It 's a challenge", "It's a challenge"),
        ('picked " brains trust " .', 'picked "brains trust".'),
        ('" That cannot continue', '"That cannot continue'),
        ('do you? "', 'do you?"'),
        ("Intimately revealed ...", "Intimately revealed..."),
        ("No secret talks # - Macleod.", "No secret talks # - Macleod."),
    ],
)
def test_spaces_that_nobody_wrote_are_taken_out(written, expected):
    assert tidy(written) == expected
    assert tidy(expected) == expected


def test_the_splits_are_by_source_and_disjoint_and_the_same_in_any_order():
    ids = [line.id for line in read_iam_ondb(find_iam_ondb())]
    splits = split_sources(ids)
    assert splits == split_sources(reversed(ids))
    some = split_sources(line_id for line_id in ids if not line_id.startswith("b06"))
    assert all(some[split] == members - {"b06"} for split, members in splits.items())
    for first, second in itertools.combinations(splits.values(), 2):
        assert not first & second
    assert set().union(*splits.values()) == {source_of(line_id) for line_id in ids}
    assert source_of("a01-000u-01") == source_of("a01-000x-02") == source_of("a01-117z-01")


def test_too_few_sources_are_a_message():
    with pytest.raises(UserError, match="too few forms"):
        split_sources(["a01-000u-01"])
