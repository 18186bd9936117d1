from pathlib import Path

import pytest

from text_recognizer.data.iam import IAM
from training.studies.count_alignable import STRIDES, count, encoder_work, main, path_length

LAB_DIRNAME = Path(__file__).resolve().parents[3]
# Where a user's own IAM lies, if there is one: the tests' data directory holds a small one of printed lines.
REAL_IAM_FILENAME = LAB_DIRNAME.parent / "data" / "downloaded" / "iam" / "iamdb.zip"


@pytest.mark.parametrize(
    ("text", "expected"), [("", 0), ("abc", 3), ("aab", 4), ("a\n\nb", 5), ("Mississippi", 14), ("aaa", 5)]
)
def test_a_text_needs_a_cell_a_character_and_one_between_two_that_are_the_same(text, expected):
    assert path_length(text) == expected


def test_what_finds_no_room_is_counted_at_each_stride():
    paragraphs = [
        ["ab" * 10, "ab" * 10],  # lines of 20: they just fit in 20 columns; 41 with the line break
        ["ab" * 10 + "a"],  # 21
        ["a" * 11],  # 21 with blanks
        ["ab" * 20] * 9,  # lines of 40; 9 x 40 + 8 = 368 > 360 cells
        ["ab" * 40] * 18,  # 1,457 > 1,440
        ["ab" * 40 + "a"],
    ]
    found = {one.stride: (one.num_paragraphs, one.num_lines) for one in count(paragraphs)}
    num_lines = 2 + 1 + 1 + 9 + 18 + 1
    assert found == {
        (32, 32): (2, num_lines - 2),
        (32, 16): (1, 18 + 1),
        (16, 16): (1, 18 + 1),
        (32, 8): (1, 1),
        (16, 8): (0, 1),
    }
    assert {one.stride: one.map_shape for one in count([])}[32, 8] == (18, 80)


@pytest.mark.skipif(not REAL_IAM_FILENAME.is_file(), reason=f"the user's IAM is not in {REAL_IAM_FILENAME}")
def test_all_paragraphs_of_the_real_iam_fit_the_default_and_most_do_not_fit_the_ancestors():
    iam = IAM(REAL_IAM_FILENAME)
    paragraphs = [[line.text for line in iam.form(form_id).lines] for form_id in iam.form_ids]
    found = {one.stride: one for one in count(paragraphs)}
    num_lines = sum(map(len, paragraphs))
    assert found[32, 8].num_paragraphs == 0
    assert found[32, 8].num_lines < 0.002 * num_lines
    assert found[32, 32].num_paragraphs > 0.5 * len(paragraphs)
    assert found[32, 32].num_lines > 0.9 * num_lines


def test_finer_maps_cost_more():
    work = [encoder_work(stride) for stride in STRIDES]
    assert work == sorted(work)
    assert work[0] == pytest.approx(12.7, abs=0.1)  # 1.8 for 224 x 224, the published figure, and 7.3 times the pixels


def test_the_command_prints_a_row_for_each_stride(capsys):
    main([])
    printed = capsys.readouterr().out
    assert "10 paragraphs, 50 lines" in printed
    assert [line.split()[:3] for line in printed.splitlines()[-5:]] == [
        [str(height), "x", str(width)] for height, width in STRIDES
    ]
