import numpy as np
import pytest
import torch
from pytorch_lightning import seed_everything

from tests.epochs import epochs
from text_recognizer.data import IAMLines, SyntheticLines
from text_recognizer.data.iam_lines import fit_to_canvas
from text_recognizer.handwriting.example import draw_example
from text_recognizer.handwriting.hands import find_hands
from text_recognizer.util import UserError
from text_recognizer.vocabulary import END, START, decode


def prepared(seed=1, **settings):
    seed_everything(seed, verbose=False)
    data = SyntheticLines(**({"num_train_lines": 12, "num_held_out_lines": 6, "batch_size": 5} | settings))
    data.prepare_data()
    data.setup()
    return data


def test_its_config_is_that_of_iam_lines():
    assert SyntheticLines().config() == IAMLines().config()


def test_images_and_labels_have_the_format_of_iam_lines():
    images, labels = next(iter(prepared().train_dataloader()))
    assert images.shape == (5, 1, 56, 1024)
    assert images.dtype == torch.float32
    assert 0 <= images.min() < 0.2 < 0.5 < images.max() <= 1
    assert labels.shape == (5, 89)
    assert labels.dtype == torch.int64
    assert (labels[:, 0] == START).all()
    assert ((labels == END).sum(dim=1) == 1).all()


def test_each_epoch_brings_other_lines_and_the_same_again_with_the_same_seed():
    first, second = epochs(prepared())
    assert not set(first) & set(second)
    assert epochs(prepared()) == [first, second]
    assert epochs(prepared(seed=2))[0] != first


def test_the_number_of_workers_changes_nothing():
    assert epochs(prepared(num_workers=2)) == epochs(prepared())


def test_validation_and_test_lines_stay_the_same_and_differ():
    data, again = prepared(seed=1), prepared(seed=2)
    for index in range(6):
        assert torch.equal(data.data_val[index][0], again.data_val[index][0])
        assert torch.equal(data.data_test[index][0], again.data_test[index][0])
        assert not torch.equal(data.data_val[index][0], data.data_test[index][0])


def test_held_out_families_and_text_are_never_trained_on():
    data = prepared()
    families = [set(split.hands.families) for split in (data.data_train, data.data_val, data.data_test)]
    assert families[0].isdisjoint(families[1])
    assert families[1] == families[2]
    drawn = {data.data_train.hands.draw(np.random.default_rng(i)).family for i in range(300)}
    assert drawn <= set(find_hands("train").families)
    words = [data.data_train.text.words, data.data_val.text.words]
    runs = [{words[i : i + 5] for i in range(len(words) - 4)} for words in words]
    assert len(runs[0] & runs[1]) < 0.01 * len(runs[1])


def test_what_is_to_be_memorised_stays_the_same():
    seed_everything(1, verbose=False)
    data = SyntheticLines(num_train_lines=4, batch_size=4)
    data.validates_on_train = True
    data.setup()
    first, second = epochs(data)
    assert first == second


def test_the_number_of_families_is_printed(capsys):
    data = prepared()
    assert "4 handwriting families to train on, 2 held out for validation" in capsys.readouterr().out
    assert "4 handwriting families to train on" in str(data)


def test_too_few_families_are_refused():
    with pytest.raises(
        UserError, match=r"--min_families=100: only 4 families are installed; `make fonts` installs more"
    ):
        prepared(min_families=100)


@pytest.mark.parametrize("name", ["num_train_lines", "num_held_out_lines"])
def test_wrong_numbers_are_refused(name):
    with pytest.raises(UserError, match=f"--{name}=0"):
        SyntheticLines(**{name: 0})


@pytest.mark.parametrize("index", [-1, 6])
def test_there_is_no_line_beyond_the_last(index):
    with pytest.raises(IndexError):
        prepared().data_val[index]


def test_the_more_a_line_says_the_longer_it_is():
    seen = []
    for image, labels in prepared(num_train_lines=40).data_train:
        columns = torch.nonzero((image[0] - image[0].median()).abs().amax(dim=0) > 0.3)
        seen.append((len(decode(labels.tolist())), int(columns[-1] - columns[0])))
    widths = [width for _, width in sorted(seen)]
    assert np.mean(widths[:10]) + 50 < np.mean(widths[-10:])


def images_of(dataset):
    return [dataset[i][0].numpy().tobytes() for i in range(4)]


@pytest.mark.parametrize("part", ["jitter", "camera", "text"])
def test_only_training_lines_lack_a_part_of_the_engine(part):
    whole, without = prepared(), prepared(engine_without=part)
    assert not set(images_of(whole.data_train)) & set(images_of(without.data_train))
    assert images_of(whole.data_val) == images_of(without.data_val)
    assert images_of(whole.data_test) == images_of(without.data_test)
    assert f"training lines without {part}" in without.source
    assert "without" not in whole.source


def test_the_whole_engine_draws_what_draw_example_draws():
    data = prepared(seed=9)
    for index in range(3):
        example = draw_example(find_hands("train"), data.data_train.text, np.random.default_rng([9, 0, index]))
        canvas = fit_to_canvas(example.image, int(np.median(example.image)))
        assert np.array_equal(255 * data.data_train[index][0][0], canvas)


def test_lines_without_a_part_are_other_ones_in_each_epoch():
    first, second = epochs(prepared(engine_without="jitter,camera"))
    assert not set(first) & set(second)


def test_an_unknown_part_is_refused():
    with pytest.raises(UserError, match="--engine_without=paper: expected all, or some of families"):
        SyntheticLines(engine_without="paper")
