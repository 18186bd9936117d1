import numpy as np
import pytest
import torch

from tests.epochs import epochs
from tests.iam_source import prepared, text_of
from text_recognizer.data import CopisteLines, CopisteParagraphs, IAMParagraphs, copiste_paragraphs
from text_recognizer.data.copiste_paragraphs import cut_line
from text_recognizer.util import UserError
from text_recognizer.vocabulary import decode

SMALL = {"num_train_pages": 6, "num_held_out_pages": 3, "batch_size": 3, "max_lines": 4}


def paragraphs(seed=1, **settings):
    return prepared(CopisteParagraphs, seed, **(SMALL | settings))


def test_the_data_are_what_their_config_says():
    data = paragraphs()
    assert data.config() == IAMParagraphs().config()
    image, labels = data.data_train[0]
    assert image.shape == data.input_dims
    assert image.max() > 0.5
    assert labels.shape == data.output_dims
    assert [len(split) for split in (data.data_train, data.data_val, data.data_test)] == [6, 3, 3]


def test_pages_of_a_split_have_lines_of_its_writers_and_no_others():
    data, lines = paragraphs(augment=False), CopisteLines(augment=False)
    lines.setup()
    splits = zip((data.data_train, data.data_val, data.data_test), ("train", "val", "test"), strict=True)
    writers = [set(pages.writers) for pages, _ in splits]
    assert not writers[0] & writers[1]
    assert not writers[0] & writers[2]
    assert not writers[1] & writers[2]
    for pages, stored in ((data.data_train, lines.data_train), (data.data_val, lines.data_val)):
        known = {decode(labels.tolist()) for _, labels in stored}
        assert {line for _, y in (pages[i] for i in range(3)) for line in text_of(data, y).split("\n")} <= known


@pytest.mark.parametrize(("low", "high"), [(1, 1), (2, 3)])
def test_the_curriculum_is_obeyed(low, high):
    data = paragraphs(num_train_pages=12, min_lines=low, max_lines=high)
    nums = {text_of(data, data.data_train[i][1]).count("\n") + 1 for i in range(12)}
    assert nums == set(range(low, high + 1))


def test_the_same_seed_gives_the_same_pages_whatever_the_workers_and_each_epoch_others():
    first, second = epochs(paragraphs())
    assert not set(first) & set(second)
    assert epochs(paragraphs(num_workers=2)) == [first, second]
    data, again = paragraphs(seed=1), paragraphs(seed=2)
    assert torch.equal(data.data_val[0][0], again.data_val[0][0])
    assert not torch.equal(data.data_train[0][0], again.data_train[0][0])


def test_what_is_to_be_memorised_stays_the_same():
    data = CopisteParagraphs(**SMALL)
    data.prepare_data()
    data.validates_on_train = True
    data.setup()
    first, second = epochs(data)
    assert first == second


def test_ink_is_cut_close_scaled_and_on_black():
    image = np.full((56, 1024), 40, np.uint8)
    image[20:40, 30:430] = 200
    cut = cut_line(image, 200.0)
    assert cut.ink.shape == (10, 200)
    assert cut.ink.min() == 255
    assert cut.core == pytest.approx(4.5)


def test_what_overlaps_stays_and_nothing_is_cut():
    inks = [np.full((20, 300), 200, np.uint8), np.full((20, 300), 100, np.uint8)]
    canvas = copiste_paragraphs.lay_on_canvas(inks, np.array([[30, 40], [50, 50]]))
    assert (canvas > 0).sum() == 2 * 20 * 300 - 10 * 280
    assert (canvas == 200).sum() == 20 * 300


@pytest.mark.parametrize(
    ("settings", "flag"),
    [
        ({"num_train_pages": 0}, "--num_train_pages=0"),
        ({"num_held_out_pages": 0}, "--num_held_out_pages=0"),
        ({"min_lines": 3, "max_lines": 2}, "--min_lines=3 --max_lines=2"),
    ],
)
def test_wrong_numbers_are_refused(settings, flag):
    with pytest.raises(UserError, match=flag):
        CopisteParagraphs(**settings)


def test_pages_that_never_fit_are_an_error_that_says_what_to_change():
    with pytest.raises(UserError, match="--max_lines=60: of 100 pages of 60 lines none fits 576 x 640"):
        paragraphs(min_lines=60, max_lines=60).data_val[0]
