import pytest
import torch

from tests.iam_source import prepared
from text_recognizer.data import IAMParagraphs, StoredParagraphs, stored_paragraphs
from text_recognizer.util import UserError

SMALL = {"sources": "IAMSyntheticParagraphs:0.5,SyntheticParagraphs:0.5", "min_lines": 1, "max_lines": 2}
SMALL |= {"num_stored": 4, "num_mixed_paragraphs": 10, "batch_size": 2}


@pytest.fixture(autouse=True)
def own_store(tmp_path, monkeypatch):
    monkeypatch.setattr(stored_paragraphs, "DIRNAME", tmp_path)
    return tmp_path


def pages_of(data):
    return [data.data_train[i] for i in range(len(data.data_train))]


def test_pages_are_drawn_once_whatever_the_seed(own_store):
    torch.manual_seed(1)
    first = prepared(StoredParagraphs, **SMALL)
    (filename,) = own_store.glob("*.h5")
    before = filename.read_bytes()
    assert torch.initial_seed() == 1  # the run's own random numbers are untouched
    torch.manual_seed(2)
    second = prepared(StoredParagraphs, **SMALL)
    assert filename.read_bytes() == before
    kept = {image.numpy().tobytes() for image, _ in pages_of(first)}
    assert 1 < len(kept) <= 4
    assert {image.numpy().tobytes() for image, _ in pages_of(second)} <= {
        image.numpy().tobytes() for image, _ in first.data_train.parts[0]
    }


def test_an_epoch_takes_some_of_them_and_the_next_one_others():
    data = prepared(StoredParagraphs, **SMALL)
    assert len(data.data_train) == 10
    first = [labels.tolist() for _, labels in pages_of(data)]
    data.data_train.set_epoch(1)
    assert [labels.tolist() for _, labels in pages_of(data)] != first


def test_real_pages_are_held_out():
    data, real = prepared(StoredParagraphs, **SMALL), prepared(IAMParagraphs)
    assert torch.equal(data.data_val[0][0], real.data_val[0][0])
    assert data.config() == real.config()
    assert data.is_stand_in == real.is_stand_in


def test_other_pages_go_into_another_file(own_store):
    for more in ({}, {"max_lines": 3}, {"sources": "IAMSyntheticParagraphs:0.6,SyntheticParagraphs:0.4"}):
        prepared(StoredParagraphs, **(SMALL | more))
    assert len(list(own_store.glob("*.h5"))) == 3


def test_what_is_interrupted_is_not_taken_for_whole(own_store, monkeypatch):
    def stop(data, file):
        raise KeyboardInterrupt

    monkeypatch.setattr(StoredParagraphs, "_draw", stop)
    with pytest.raises(KeyboardInterrupt):
        prepared(StoredParagraphs, **SMALL)
    assert list(own_store.iterdir()) == []


@pytest.mark.parametrize("name", ["num_stored", "num_mixed_paragraphs"])
def test_wrong_numbers_are_refused(name):
    with pytest.raises(UserError, match=f"--{name}=0"):
        StoredParagraphs(**(SMALL | {name: 0}))
