import pytest
import torch
from torch.utils.data import ConcatDataset, DataLoader

from text_recognizer.data.drawing.on_demand import OnDemandDataset, set_epoch


class Numbers(OnDemandDataset):
    """Examples that are their own random number, and the epoch."""

    def make(self, index, rng):
        return torch.tensor(rng.random()), torch.tensor(self.epoch)


class Others(Numbers):
    stream = (1,)


def values(dataset):
    return [float(dataset[index][0]) for index in range(len(dataset))]


def test_an_example_depends_on_seed_epoch_index_and_class_alone():
    data = Numbers(3, seed=1)
    first = values(data)
    assert len(set(first)) == 3
    assert values(Numbers(5, seed=1))[:3] == first
    assert not set(values(Others(3, seed=1))) & set(first)
    assert not set(values(Numbers(3, seed=2))) & set(first)
    data.set_epoch(1)
    assert not set(values(data)) & set(first)
    data.set_epoch(0)
    assert values(data) == first


def test_without_a_seed_it_is_that_of_the_run():
    torch.manual_seed(7)
    assert values(Numbers(3)) == values(Numbers(3, seed=7))


def test_what_is_to_stay_the_same_does():
    data = Numbers(3, seed=1, moves_on=False)
    first = values(data)
    data.set_epoch(5)
    assert values(data) == first
    assert data.epoch == 0


@pytest.mark.parametrize("index", [-1, 3])
def test_there_is_no_example_beyond_the_last(index):
    with pytest.raises(IndexError, match=f"example {index} of 3"):
        Numbers(3, seed=1)[index]


def test_joined_sets_are_told_the_epoch_and_others_are_left_alone():
    parts = [Numbers(2), torch.utils.data.TensorDataset(torch.zeros(2)), Numbers(2)]
    set_epoch(ConcatDataset(parts), 4)
    assert (parts[0].epoch, parts[2].epoch) == (4, 4)


def test_workers_that_live_on_are_told_the_epoch():
    data = Numbers(4, seed=1)
    loader = DataLoader(data, batch_size=2, num_workers=1, persistent_workers=True)
    for epoch in (3, 8):
        data.set_epoch(epoch)
        assert {int(seen) for _, y in loader for seen in y} == {epoch}
