import gzip

import numpy as np
import pytest
import torch
from PIL import Image

from tests.small_chars74k import NUM
from tests.small_mnist import write_idx
from text_recognizer.data import Characters, characters
from text_recognizer.data.characters import CLASSES, NAME
from text_recognizer.data.storage import cut_chars74k
from text_recognizer.images.one_character import fit_character
from text_recognizer.util import UserError


def loaded(**flags):
    data = Characters(num_train_characters=124, **flags)
    data.setup()
    return data


def test_classes_are_digits_capitals_and_small_letters():
    assert "".join(CLASSES) == "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def test_each_class_is_shown_as_often_as_the_others():
    torch.manual_seed(0)
    data = loaded()
    labels = [int(data.data_train[i][1]) for i in range(124)]
    assert sorted(labels) == sorted([*range(62)] * 2)
    image, _ = data.data_train[3]
    assert image.shape == (1, 28, 28)
    assert 0 <= image.min() < image.max() <= 1


def test_training_characters_change_with_the_epoch_and_the_others_stay():
    data = loaded()
    one = data.data_train[70][0]
    data.data_train.set_epoch(1)
    assert not torch.equal(data.data_train[70][0], one)
    assert torch.equal(data.data_val[0][0], data.data_val[0][0])


def test_validation_and_test_show_as_many_of_each_set():
    data = loaded()
    assert len(data.data_test) == 2 * min(62 * NUM["test"], 120)
    alone = loaded(character_sets="chars74k")
    assert len(alone.data_test) == 62 * NUM["test"]
    assert len(alone.data_val) == 62 * NUM["train"] // 10


def test_a_test_character_is_upright():
    data = loaded(character_sets="chars74k")
    image = next(image for image, label in data.data_test if CLASSES[label] == "L")
    rows, columns = image[0].sum(dim=1), image[0].sum(dim=0)
    assert rows.argmax() > 20  # an L stands on its long foot
    assert columns.argmax() < 14


@pytest.mark.parametrize(
    ("sets", "expected"), [("emnist", "some of mnist,chars74k"), ("mnist,mnist", "some of"), ("", "some of")]
)
def test_other_sets_are_an_error(sets, expected):
    with pytest.raises(UserError, match=expected):
        Characters(character_sets=sets)


def test_a_missing_file_is_named_with_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(characters, "DIRNAME", tmp_path)
    with pytest.raises(UserError, match="--character_sets=mnist does without"):
        loaded()


def test_files_that_do_not_fit_each_other_are_an_error(monkeypatch, tmp_path):
    monkeypatch.setattr(characters, "DIRNAME", tmp_path)
    write_idx(tmp_path / NAME.format(split="train", what="images-idx3"), np.zeros((3, 28, 28)))
    write_idx(tmp_path / NAME.format(split="train", what="labels-idx1"), np.arange(2))
    with pytest.raises(UserError, match="expected one label of 0 to 61"):
        loaded(character_sets="chars74k")


@pytest.mark.parametrize("shape", [(40, 90), (100, 100), (9, 5)])
def test_a_character_fills_the_middle_of_its_image(shape):
    image = np.zeros((120, 120), np.uint8)
    image[10 : 10 + shape[0], 5 : 5 + shape[1]] = 90
    fitted = fit_character(image)
    rows, columns = np.flatnonzero(fitted.any(axis=1)), np.flatnonzero(fitted.any(axis=0))
    assert max(len(rows), len(columns)) == 20
    assert len(rows) / len(columns) == pytest.approx(shape[0] / shape[1], rel=0.12)
    assert abs(rows.mean() - 13.5) <= 0.5
    assert abs(columns.mean() - 13.5) <= 0.5
    assert fitted.max() == 255
    assert not fit_character(np.zeros((9, 9), np.uint8)).any()


def test_chars74ks_pictures_are_cut_to_emnists_layout(monkeypatch, tmp_path):
    pictures, cut = tmp_path / "Img", tmp_path / "cut"
    pictures.mkdir()
    for number, writer in ((1, 1), (11, 2), (62, 46)):
        picture = np.full((90, 120), 255, np.uint8)
        picture[20:70, 50:60] = 0  # an upright stroke
        Image.fromarray(picture).save(pictures / f"img{number:03}-{writer:03}.png")
    for module in (cut_chars74k, characters):
        monkeypatch.setattr(module, "DIRNAME", cut)
    cut_chars74k.main([str(pictures)])
    images, labels = characters._read("train")
    assert labels.tolist() == [0, 10]
    assert characters._read("test")[1].tolist() == [61]
    assert images.shape == (2, 28, 28)
    assert images[0].sum(axis=0).max() > 2 * images[0].sum(axis=1).max()  # it is upright, once read
    assert gzip.decompress((cut / NAME.format(split="test", what="labels-idx1")).read_bytes())[-1] == 61


@pytest.mark.parametrize(("argv", "expected"), [([], "nothing: expected"), (["--x"], "expected one directory")])
def test_cutting_nothing_is_an_error_of_one_line(argv, expected):
    with pytest.raises(SystemExit, match=expected):
        cut_chars74k.main(argv)
    with pytest.raises(SystemExit, match="no pictures such as"):
        cut_chars74k.main(["/nonexistent"])
