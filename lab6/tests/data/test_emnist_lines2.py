import urllib.request

import h5py
import numpy as np
import pytest
import torch
from pytorch_lightning import seed_everything

from tests.epochs import epochs
from tests.small_emnist import write_zip
from text_recognizer.data import EMNISTLines2, IAMLines, emnist, emnist_lines, emnist_lines2, sentence_generator
from text_recognizer.util import UserError
from text_recognizer.vocabulary import END, MAPPING, PADDING, START, decode, encode
from training.command_line.flags import flags_of

PROSE = "the quick brown fox jumps over 13 lazy dogs\nA Big Zebra sat in 2 of my old vans\n" * 5
SMALL = {"num_train": 24, "num_val": 8, "num_test": 8}


def full_split(num_per_class):
    """Each image is one grey all over, which tells its class and that nothing of it is lost."""
    labels = np.repeat(np.arange(62, dtype=np.uint8), num_per_class)
    return {"images": np.repeat(labels + 100, 784).reshape(-1, 784), "labels": labels[:, None]}


@pytest.fixture(autouse=True)
def dirname(tmp_path, monkeypatch):
    (tmp_path / "prose.txt").write_text(PROSE)
    monkeypatch.setattr(urllib.request.OpenerDirector, "open", None)
    monkeypatch.setattr(emnist, "ZIP_FILENAME", tmp_path / "matlab.zip")
    monkeypatch.setattr(emnist, "PREPARED_FILENAME", tmp_path / "processed" / "emnist" / "byclass.h5")
    monkeypatch.setattr(emnist_lines, "PROCESSED_DIRNAME", tmp_path / "processed")
    monkeypatch.setattr(emnist_lines2, "PROCESSED_DIRNAME", tmp_path / "processed")
    monkeypatch.setattr(sentence_generator, "BROWN_FILENAME", tmp_path / "no brown.zip")
    monkeypatch.setattr(sentence_generator, "PROSE_FILENAME", tmp_path / "prose.txt")
    write_zip(tmp_path / "matlab.zip", {"train": full_split(40), "test": full_split(3)})
    return tmp_path


def prepared(**settings):
    seed_everything(1, verbose=False)
    data = EMNISTLines2(**(SMALL | settings))
    data.prepare_data()
    data.setup()
    return data


def splits(data):
    return {"train": data.data_train, "val": data.data_val, "test": data.data_test}


def pixels_of(image):
    return (image[0] * 255).round().byte().numpy()


def grey_of(character):
    return MAPPING.index(character) - 4 + 100


def test_its_config_is_that_of_iam_lines():
    assert EMNISTLines2().config() == IAMLines().config()
    assert EMNISTLines2().config() == {"input_dims": (1, 56, 1024), "output_dims": (89,), "mapping": MAPPING}


def test_sizes_and_shapes_are_those_of_the_settings():
    data = prepared()
    assert [len(dataset) for dataset in splits(data).values()] == [24, 8, 8]
    for dataset in splits(data).values():
        image, labels = dataset[0]
        assert image.shape == data.input_dims
        assert image.dtype == torch.float32
        assert labels.shape == data.output_dims
        assert labels.dtype == torch.int64


def test_characters_stand_in_the_middle_behind_a_margin():
    data = prepared(augment=False, min_overlap=0.0, max_overlap=0.0, max_length=30)
    for dataset in splits(data).values():
        for image, labels in dataset:
            expected = np.zeros((56, 1024), dtype=np.uint8)
            for i, character in enumerate(decode(labels.tolist())):
                if character != " ":
                    expected[14:42, 28 + 28 * i : 56 + 28 * i] = grey_of(character)
            np.testing.assert_array_equal(pixels_of(image), expected)


@pytest.mark.parametrize("overlap", [0.25, 0.5])
def test_lines_have_the_overlap_asked_for(overlap):
    step = 28 - int(28 * overlap)
    for image, labels in prepared(augment=False, min_overlap=overlap, max_overlap=overlap).data_train:
        inked = pixels_of(image).any(axis=0).nonzero()[0]
        assert (inked[0], inked[-1]) == (28, 28 + step * (len(decode(labels.tolist())) - 1) + 27)


def test_each_line_draws_an_overlap_between_a_fifth_and_a_half():
    steps = set()
    for image, labels in prepared(augment=False).data_train:
        last, num = pixels_of(image).any(axis=0).nonzero()[0][-1], len(decode(labels.tolist()))
        if num > 1:
            steps.add(int(last - 28 - 27) // (num - 1))
    assert len(steps) > 3
    assert min(steps) >= 14
    assert max(steps) <= 23


def test_tokens_stand_around_each_text_and_count_for_its_length():
    lengths = set()
    for dataset in splits(prepared(num_train=200, augment=False)).values():
        for _, labels in dataset:
            text = decode(labels.tolist())
            assert labels.tolist() == encode(text, 89, with_start_end_tokens=True)
            assert labels[0] == START
            assert labels[len(text) + 1] == END
            assert labels[-1] == PADDING
            lengths.add(len(text))
    assert 35 < max(lengths) <= 41


def test_the_longest_lines_fit_whole():
    data = prepared(max_length=45, min_overlap=0.2, max_overlap=0.2, num_train=200, augment=False)
    text, image = max(((decode(labels.tolist()), image) for image, labels in data.data_train), key=lambda x: len(x[0]))
    assert len(text) >= 40
    end = 28 + 23 * (len(text) - 1) + 28
    assert (pixels_of(image)[14:42, end - 5 : end] == grey_of(text[-1])).all()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            {"max_length": 46},
            "--max_length=46 --min_overlap=0.2: lines can be 1045 pixels wide .*: expected 1024 and 89",
        ),
        ({"min_overlap": 0.0}, "--max_length=43 --min_overlap=0.0: lines can be 1176 pixels wide .*: expected 1024"),
        ({"max_length": 90, "min_overlap": 0.9, "max_overlap": 0.9}, "have 90 labels: expected 1024 and 89 at most"),
        ({"min_overlap": 0.6}, "--min_overlap=0.6 --max_overlap=0.5: expected"),
        ({"max_length": 7}, "--max_length=7: expected 8 or more"),
        ({"num_val": 0}, "--num_val=0 .*: expected 1 or more"),
    ],
)
def test_settings_whose_lines_do_not_fit_are_named(settings, expected):
    with pytest.raises(UserError, match=expected):
        EMNISTLines2(**settings)


def test_the_tokens_are_no_flag():
    flags = set(flags_of(EMNISTLines2))
    assert "with_start_end_tokens" not in flags
    assert flags >= {"augment", "max_length", "min_overlap", "max_overlap", "num_train", "batch_size"}


def test_training_images_change_from_epoch_to_epoch():
    first, second = epochs(prepared(batch_size=5))
    assert len(set(first)) > 20
    assert not set(first) & set(second)


def test_the_same_seed_gives_the_same_images_whatever_the_number_of_workers():
    assert epochs(prepared(batch_size=5, num_workers=2)) == epochs(prepared(batch_size=5))


@pytest.mark.parametrize("memorises", [False, True])
def test_without_augmentation_images_stay_the_same(memorises):
    data = EMNISTLines2(augment=memorises, **SMALL)
    data.prepare_data()
    data.validates_on_train = memorises
    data.setup()
    first, second = epochs(data)
    assert first == second


def test_validation_and_test_images_are_as_stored():
    data = prepared()
    with h5py.File(data.filename) as file:
        for split in ("val", "test"):
            for (image, _), stored in zip(splits(data)[split], file[f"x_{split}"], strict=True):
                np.testing.assert_array_equal(pixels_of(image), stored)


def test_lines_that_are_there_are_not_made_again():
    first = prepared().filename.stat().st_mtime_ns
    assert prepared(augment=False).filename.stat().st_mtime_ns == first


@pytest.mark.parametrize("changed", [{"max_length": 30}, {"min_overlap": 0.3}, {"max_overlap": 0.4}, {"num_train": 25}])
def test_other_settings_make_other_lines(changed):
    first = prepared()
    second = prepared(**changed)
    assert first.filename != second.filename
    assert first.filename.exists()


def test_the_source_names_the_text():
    assert "with words from prose.txt" in prepared().source
