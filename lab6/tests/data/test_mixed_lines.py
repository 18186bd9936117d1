import pytest
import torch
from pytorch_lightning import seed_everything

from tests.epochs import epochs
from text_recognizer.data import CopisteLines, IAMLines, MixedLines
from text_recognizer.data.drawing.mixed import MixedDataset, parse_sources
from text_recognizer.data.drawing.on_demand import OnDemandDataset
from text_recognizer.util import UserError


class Numbered(OnDemandDataset):
    """Ten examples that say which set they are from."""

    def __init__(self, number):
        super().__init__(num=10)
        self.number = number

    def make(self, index, rng):
        return torch.tensor([self.number, self.epoch, index]), torch.tensor(0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SyntheticLines:0.7,IAMLines:0.3", {"SyntheticLines": 0.7, "IAMLines": 0.3}),
        ("IAMLines:3, EMNISTLines2:1", {"IAMLines": 0.75, "EMNISTLines2": 0.25}),
        ("IAMLines", {"IAMLines": 1.0}),
        ("IAMLines,SyntheticLines", {"IAMLines": 0.5, "SyntheticLines": 0.5}),
    ],
)
def test_sources_are_read_as_shares(text, expected):
    shares = parse_sources(text, MixedLines.SOURCES)
    assert shares == pytest.approx(expected)
    assert list(shares) == list(expected)


@pytest.mark.parametrize(
    "text",
    ["", "MNIST:1", "IAMLines:0", "IAMLines:-1", "IAMLines:x", "IAMLines:nan", "IAMLines:1,IAMLines:1", "IAMLines:inf"],
)
def test_wrong_sources_say_what_to_type(text):
    with pytest.raises(UserError, match=r"--sources=SyntheticLines:0\.7,IAMLines:0\.3"):
        parse_sources(text, MixedLines.SOURCES)


def test_examples_are_drawn_by_weight_and_the_same_for_the_same_seed_and_epoch():
    def drawn(seed, epoch):
        mixed = MixedDataset([Numbered(0), Numbered(1)], [0.8, 0.2], 1000, seed)
        mixed.set_epoch(epoch)
        return [mixed[index][0].tolist() for index in range(1000)]

    first = drawn(1, 1)
    assert sum(number for number, *_ in first) == pytest.approx(200, abs=40)
    assert {epoch for _, epoch, _ in first} == {1}  # the parts move on with the mixture
    assert {index for *_, index in first} == set(range(10))
    assert drawn(1, 1) == first
    assert [row[::2] for row in drawn(1, 2)] != [row[::2] for row in first]
    assert drawn(2, 1) != first


def test_validation_and_test_lines_are_those_of_the_first_source():
    seed_everything(1, verbose=False)
    data = MixedLines(sources="IAMLines:0.5,SyntheticLines:0.5", num_mixed_lines=20, batch_size=4)
    data.prepare_data()
    data.setup()
    iam = IAMLines()
    iam.setup()
    assert len(data.data_train) == 20
    assert torch.equal(data.data_val[0][0], iam.data_val[0][0])
    assert len(data.data_test) == len(iam.data_test)
    assert data.config() == iam.config()
    assert "50% IAMLines + 50% SyntheticLines, validated on IAMLines" in str(data)


def test_another_set_can_be_validated_on():
    data = MixedLines(sources="SyntheticLines", validate_on="CopisteLines", num_mixed_lines=4, batch_size=4)
    data.prepare_data()
    data.setup()
    copiste = CopisteLines()
    copiste.setup()
    assert torch.equal(data.data_val[0][0], copiste.data_val[0][0])
    assert len(data.data_test) == len(copiste.data_test)
    assert len(data.data_train.parts) == 1  # what is validated on is not trained on
    with pytest.raises(UserError, match="--validate_on=MNIST: expected one of SyntheticLines, IAMLines"):
        MixedLines(validate_on="MNIST")


@pytest.mark.parametrize("num_workers", [0, 2])
def test_each_epoch_brings_other_lines_whatever_the_workers(num_workers):
    def drawn(num_workers):
        seed_everything(3, verbose=False)
        data = MixedLines(num_mixed_lines=10, batch_size=4, num_workers=num_workers)
        data.prepare_data()
        data.setup()
        return epochs(data)

    first, second = drawn(num_workers)
    assert first != second
    assert [first, second] == drawn(0)


def test_a_wrong_number_is_refused():
    with pytest.raises(UserError, match="--num_mixed_lines=0"):
        MixedLines(num_mixed_lines=0)


def test_the_engine_can_be_kept_to_free_text():
    sources = "SyntheticLines:0.5,CopisteLines:0.5"
    assert MixedLines(sources=sources, free_text=True).modules["SyntheticLines"].free_text
    assert not MixedLines(sources=sources).modules["SyntheticLines"].free_text
