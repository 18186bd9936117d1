import pytest
import torch
from torch.utils.data import TensorDataset

from text_recognizer.data import BaseDataModule, UCIDigits
from text_recognizer.util import UserError


class Numbers(BaseDataModule):
    input_dims = (1, 1, 1)
    output_dims = (1,)
    mapping = tuple("abc")
    source = "the number line"
    num_loads = 0

    def load_splits(self):
        self.num_loads += 1
        return tuple(numbers(*range_) for range_ in ((0, 100), (100, 110), (110, 130)))


def numbers(start, end):
    values = torch.arange(start, end)
    return TensorDataset(values.float().reshape(-1, 1, 1, 1) / 1000, values)


def loaded(data=None):
    data = data or Numbers(batch_size=8)
    data.setup()
    return data


def targets(loader):
    return torch.cat([y for _, y in loader]).tolist()


def test_the_config_is_all_that_a_model_needs_to_know():
    assert Numbers().config() == {"input_dims": (1, 1, 1), "output_dims": (1,), "mapping": tuple("abc")}


def test_each_loader_gives_all_of_its_own_split():
    data = loaded()
    assert sorted(targets(data.train_dataloader())) == list(range(100))
    assert targets(data.val_dataloader()) == list(range(100, 110))
    assert targets(data.test_dataloader()) == list(range(110, 130))


def test_training_examples_come_in_another_order_each_epoch():
    loader = loaded().train_dataloader()
    first, second = targets(loader), targets(loader)
    assert first != sorted(first)
    assert first != second


@pytest.mark.parametrize("batch_size", [1, 8, 100, 1000])
def test_batches_have_the_size_asked_for(batch_size):
    data = loaded(Numbers(batch_size=batch_size))
    x, y = next(iter(data.train_dataloader()))
    assert x.shape == (min(batch_size, 100), 1, 1, 1)
    assert len(y) == len(x)


def test_an_example_keeps_its_target():
    for x, y in loaded().train_dataloader():
        torch.testing.assert_close(x.flatten() * 1000, y.float())


def test_validation_on_the_training_set_is_in_order():
    data = loaded()
    data.validates_on_train = True
    assert targets(data.val_dataloader()) == list(range(100))
    assert targets(data.test_dataloader()) == list(range(110, 130))


@pytest.mark.parametrize(
    "settings", [{"batch_size": 0}, {"batch_size": -1}, {"num_workers": -1}], ids=lambda settings: str(settings)
)
def test_a_setting_out_of_range_is_named_with_its_value(settings):
    [(name, value)] = settings.items()
    with pytest.raises(UserError, match=f"--{name}={value}: expected"):
        Numbers(**settings)


def test_setup_loads_once_whatever_the_stage():
    data = Numbers()
    for stage in ("fit", "validate", "test", None):
        data.setup(stage)
    assert data.num_loads == 1


def test_preparing_brings_the_files_and_loads_nothing():
    class Fetched(Numbers):
        num_downloads = 0

        def download(self):
            self.num_downloads += 1

    data = Fetched()
    data.prepare_data()
    assert (data.num_downloads, data.num_loads) == (1, 0)


@pytest.mark.parametrize("name", ["train_dataloader", "val_dataloader", "test_dataloader"])
def test_loaders_before_setup_are_our_mistake(name):
    with pytest.raises(AssertionError, match=r"setup\(\)"):
        getattr(Numbers(), name)()


def test_workers_give_the_same_examples():
    alone = loaded(UCIDigits(batch_size=50))
    helped = loaded(UCIDigits(batch_size=50, num_workers=2))
    batches = zip(alone.val_dataloader(), helped.val_dataloader(), strict=True)
    assert all(torch.equal(x1, x2) and torch.equal(y1, y2) for (x1, y1), (x2, y2) in batches)


@pytest.mark.parametrize("num_workers", [0, 2])
def test_loaders_have_the_workers_asked_for_and_keep_them(num_workers):
    data = loaded(Numbers(num_workers=num_workers))
    for loader in (data.train_dataloader(), data.val_dataloader(), data.test_dataloader()):
        assert loader.num_workers == num_workers
        assert loader.persistent_workers == (num_workers > 0)


def test_printing_loads_and_tells():
    text = str(Numbers(batch_size=8))
    for part in (
        "Numbers: 100 training, 10 validation, 20 test examples",
        "one image   (1, 1, 1), one target (1,), 3 classes",
        "classes     'a' 'b' 'c'\n",
        "images (8, 1, 1, 1) float32 in [0, 0.007], mean 0.004, deviation 0.002",
        "targets (8,) int64 in [0, 7], mean 3.500, deviation 2.291",
        "source      the number line",
    ):
        assert part in text


def test_printing_many_classes_keeps_the_line_short():
    data = Numbers()
    data.mapping = [f"class {i}" for i in range(1000)]
    lines = str(data).splitlines()
    assert max(map(len, lines)) < 130
    assert any(line.endswith("…") for line in lines)


def test_printing_says_what_keeps_data_from_loading():
    class Missing(Numbers):
        def load_splits(self):
            raise UserError("/there/file is missing: make it")

    assert str(Missing()) == "Missing: not loaded. /there/file is missing: make it"


def test_printing_does_not_hide_our_own_mistakes():
    class Broken(Numbers):
        def load_splits(self):
            raise ValueError("a defect")

    with pytest.raises(ValueError, match="a defect"):
        str(Broken())
