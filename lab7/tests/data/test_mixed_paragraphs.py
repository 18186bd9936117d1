import pytest
import torch

from tests.iam_source import prepared, text_of
from text_recognizer.data import MixedParagraphs, SyntheticParagraphs
from text_recognizer.util import UserError

FREE = "SyntheticParagraphs:0.5,CopisteParagraphs:0.5"
SMALL = {"num_mixed_paragraphs": 12, "batch_size": 3}


def test_pages_of_all_sources_are_drawn_and_those_of_the_first_are_held_out():
    data = prepared(MixedParagraphs, sources=FREE, min_lines=2, max_lines=2, **SMALL)
    pages = [data.data_train[i] for i in range(12)]
    assert all(text_of(data, labels).count("\n") == 1 for _, labels in pages)  # each set obeys the curriculum
    assert {type(part).__name__ for part in data.data_train.parts} == {"DrawnDataset", "CopistePages"}
    first = prepared(SyntheticParagraphs, min_lines=2, max_lines=2)
    assert torch.equal(data.data_val[0][0], first.data_val[0][0])
    assert data.config() == first.config()
    data.data_train.set_epoch(1)
    assert not torch.equal(data.data_train[0][0], pages[0][0])


def test_the_numbers_of_lines_go_to_the_sets_that_know_them():
    data = MixedParagraphs(sources="IAMParagraphs,IAMSyntheticParagraphs,SyntheticParagraphs", max_lines=6)
    assert data.modules["IAMSyntheticParagraphs"].nums_lines == (5, 6)
    assert data.modules["SyntheticParagraphs"].draw.keywords == {"nums_lines": (1, 6)}


def test_the_engine_can_be_kept_to_free_text():
    assert MixedParagraphs(sources=FREE, free_text=True).modules["SyntheticParagraphs"].free_text
    assert not MixedParagraphs(sources=FREE).modules["SyntheticParagraphs"].free_text


def test_wrong_settings_are_refused():
    with pytest.raises(UserError, match="--num_mixed_paragraphs=0"):
        MixedParagraphs(num_mixed_paragraphs=0)
    with pytest.raises(UserError, match=r"--sources=IAMOriginalAndSyntheticParagraphs:0\.7,SyntheticParagraphs:0\.3"):
        MixedParagraphs(sources="IAMLines:1")
    with pytest.raises(UserError, match="--min_lines=5 --max_lines=2"):
        MixedParagraphs(max_lines=2)
