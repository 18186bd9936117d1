import io
import urllib.request
import zipfile

import numpy as np
import pytest
import torch
from scipy.io import savemat

from tests.small_emnist import CHARACTERS, MEMBER, write_zip
from text_recognizer.data import EMNIST, emnist
from text_recognizer.data.emnist import balanced_indices
from text_recognizer.util import UserError
from text_recognizer.vocabulary import MAPPING

NUM_CLASSES = 62


def noise_split(seed, num_per_class=5):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(NUM_CLASSES, dtype=np.uint8), num_per_class))
    return {"images": rng.integers(0, 256, (len(labels), 784), dtype=np.uint8), "labels": labels[:, None]}


DATASET = {"train": noise_split(1), "test": noise_split(2, num_per_class=2)}


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError("no network here")

    monkeypatch.setattr(urllib.request.OpenerDirector, "open", refuse)


@pytest.fixture
def source(tmp_path, monkeypatch):
    filename = tmp_path / "downloaded" / "matlab.zip"
    filename.parent.mkdir()
    monkeypatch.setattr(emnist, "ZIP_FILENAME", filename)
    monkeypatch.setattr(emnist, "PREPARED_FILENAME", tmp_path / "processed" / "byclass.h5")
    return filename


def loaded():
    data = EMNIST()
    data.prepare_data()
    data.setup()
    return data


def splits(data):
    return data.data_train, data.data_val, data.data_test


def images_of(split):
    return [(image * 255).round().byte().numpy().tobytes() for image, _ in split]


def sizes(data):
    return [len(split) for split in splits(data)]


def prepared_files():
    return list(emnist.PREPARED_FILENAME.parent.glob("*"))


def test_the_small_data_load():
    data = loaded()
    assert data.config() == {"input_dims": (1, 28, 28), "output_dims": (1,), "mapping": MAPPING}
    image, label = data.data_train[0]
    assert image.shape == (1, 28, 28)
    assert image.dtype == torch.float32
    assert label.dtype == torch.int64
    assert "matlab.zip" in str(data)
    assert "83 classes" in str(data)


def test_four_fifths_of_the_training_images_are_for_training(source):
    write_zip(source, DATASET)
    assert sizes(loaded()) == [62 * 4, 62, 62 * 2]


def test_the_splits_are_disjoint_and_come_from_their_own_parts(source):
    write_zip(source, DATASET)
    train, val, test = (set(images_of(split)) for split in splits(loaded()))
    stored = {
        split: {image.reshape(28, 28).T.tobytes() for image in DATASET[split]["images"]} for split in ("train", "test")
    }
    assert not train & val
    assert train | val == stored["train"]
    assert test == stored["test"]


def test_the_splits_are_the_same_each_time(source):
    write_zip(source, DATASET)
    first = loaded()
    emnist.PREPARED_FILENAME.unlink()
    again = loaded()
    assert [images_of(split) for split in splits(first)] == [images_of(split) for split in splits(again)]


def test_a_character_stands_upright(source):
    upright = np.zeros((28, 28), dtype=np.uint8)
    upright[4:24, 8] = 255  # an L: a long stroke down, a short one to the right
    upright[23, 8:16] = 255
    as_stored = upright.flatten(order="F")  # MATLAB counts down the columns
    part = {"images": np.tile(as_stored, (NUM_CLASSES, 1)), "labels": np.arange(NUM_CLASSES, dtype=np.uint8)[:, None]}
    write_zip(source, {"train": part, "test": part})
    for split in splits(loaded()):
        image, _ = split[0]
        np.testing.assert_array_equal((image[0] * 255).numpy(), upright)


def test_a_label_is_the_index_of_its_character(source):
    labels = np.arange(NUM_CLASSES, dtype=np.uint8)
    part = {"images": np.repeat(labels, 784).reshape(-1, 784), "labels": labels[:, None]}  # each pixel tells the class
    write_zip(source, {"train": part, "test": part})
    found = {int((image * 255).round().max()): int(label) for split in splits(loaded()) for image, label in split}
    assert found == {number: number + 4 for number in range(NUM_CLASSES)}
    assert "".join(MAPPING[label] for _, label in sorted(found.items())) == CHARACTERS


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([4, 4, 4], [4, 4, 4]),
        ([1, 5, 30], [1, 5, 12]),
        ([10, 11], [10, 10]),
        ([1], [1]),
        ([0, 3, 9], [0, 3, 6]),
        ([100, 1, 1, 1], [25, 1, 1, 1]),
    ],
)
def test_balancing_cuts_each_class_to_the_mean_and_grows_none(counts, expected):
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))
    chosen = balanced_indices(labels, seed=1)
    assert np.bincount(labels[chosen], minlength=len(counts)).tolist() == expected
    assert len(set(chosen.tolist())) == len(chosen)


def test_balancing_depends_on_the_seed_alone():
    labels = np.repeat([0, 1], [100, 10])
    first, same, other = (balanced_indices(labels, seed).tolist() for seed in (1, 1, 2))
    assert first == same
    assert first != other
    assert first != list(range(55)) + list(range(100, 110))  # drawn, not the first that come


def test_both_parts_are_balanced(source):
    part = noise_split(3)
    rare = (part["labels"][:, 0] != 7) | (np.arange(len(part["labels"])) == np.argmax(part["labels"][:, 0] == 7))
    unbalanced = {key: np.concatenate([array, array[rare]]) for key, array in part.items()}  # 10 of each, 6 of one
    write_zip(source, {"train": unbalanced, "test": unbalanced})
    data = loaded()
    for dataset in (data.data_train.dataset, data.data_test):
        counts = np.bincount(dataset.targets, minlength=66)[4:]
        assert counts.tolist() == [9 if label != 7 else 6 for label in range(NUM_CLASSES)]


def with_part(**changed):
    return {"train": DATASET["train"] | changed, "test": DATASET["test"]}


def mat(**content):
    file = io.BytesIO()
    savemat(file, content)
    return file.getvalue()


def zip_of(content, member=MEMBER, compression=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr(member, content)
    return file.getvalue()


def overwritten(content, position):
    middle = int(len(content) * position)
    return content[:middle] + bytes(64) + content[middle + 64 :]


MAT = mat(dataset=DATASET)
WHOLE = zip_of(MAT)
BROKEN = {  # what is wrong: content of matlab.zip, what the error says beside the file's name
    "zip cut in half": (WHOLE[: len(WHOLE) // 2], "truncated or corrupt"),
    "zip without its last byte": (WHOLE[:-1], "truncated or corrupt"),
    "empty file": (b"", "truncated or corrupt"),
    "not a zip": (b"something else" * 100, "truncated or corrupt"),
    "zip corrupt in the middle": (overwritten(WHOLE, 0.5), "truncated or corrupt"),
    "zip with garbled compressed data": (WHOLE[:80] + b"\xff" * 64 + WHOLE[144:], "truncated or corrupt"),
    "uncompressed zip corrupt in the middle": (
        overwritten(zip_of(MAT, compression=zipfile.ZIP_STORED), 0.5),
        "truncated or corrupt",
    ),
    "another file in it": (zip_of(MAT, "matlab/emnist-letters.mat"), f"holds no {MEMBER}"),
    "web page": (b"<!DOCTYPE html><html>gone</html>", "HTML page"),
    "mat is no mat": (zip_of(b"no MATLAB file" * 100), "matlab.zip"),
    "mat is empty": (zip_of(b""), "matlab.zip"),
    "mat is truncated": (zip_of(MAT[: len(MAT) // 2]), "matlab.zip"),
    "mat is truncated in its head": (zip_of(MAT[:130]), "matlab.zip"),
    "mat of version 7.3": (zip_of(b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\2IM" + bytes(400)), "matlab.zip"),
    "mat without dataset": (zip_of(mat(other=DATASET)), "matlab.zip"),
    "mat with another dataset": (zip_of(mat(dataset=np.zeros((2, 2)))), "matlab.zip"),
    "no test images": (zip_of(mat(dataset={"train": DATASET["train"]})), "matlab.zip"),
    "no labels": (zip_of(mat(dataset=DATASET | {"test": {"images": DATASET["test"]["images"]}})), "matlab.zip"),
    "images of 27 x 28": (
        zip_of(mat(dataset=with_part(images=np.zeros((310, 756), np.uint8)))),
        r"train has pixels of shape \(310, 756\).*784",
    ),
    "images in two dimensions": (
        zip_of(mat(dataset=with_part(images=np.zeros((310, 28, 28), np.uint8)))),
        r"train has pixels of shape \(310, 28, 28\).*784",
    ),
    "a label too few": (zip_of(mat(dataset=with_part(labels=DATASET["train"]["labels"][:-1]))), "309 labels"),
    "label 62": (zip_of(mat(dataset=with_part(labels=np.full((310, 1), 62, np.uint8)))), "labels up to 62.*0 to 61"),
    "test label 255": (
        zip_of(mat(dataset=DATASET | {"test": DATASET["test"] | {"labels": np.full((124, 1), 255, np.uint8)}})),
        "test has .* labels up to 255.*0 to 61",
    ),
}


@pytest.mark.parametrize("wrong", BROKEN)
def test_a_broken_zip_is_named_and_nothing_is_made_of_it(source, wrong):
    content, expected = BROKEN[wrong]
    source.write_bytes(content)
    with pytest.raises(UserError, match=expected) as caught:
        EMNIST().prepare_data()
    assert str(source) in str(caught.value)
    assert prepared_files() == []


def test_without_a_zip_the_error_says_where_to_put_it(source):
    with pytest.raises(UserError) as caught:
        EMNIST().prepare_data()
    for part in ("matlab.zip is missing", "no network here", str(source.parent), "--data_class=MNIST"):
        assert part in str(caught.value)
    assert "not loaded" in str(EMNIST())


def test_what_is_prepared_is_not_prepared_again(source):
    write_zip(source, DATASET)
    loaded()
    before = emnist.PREPARED_FILENAME.stat()
    loaded()
    assert emnist.PREPARED_FILENAME.stat().st_mtime_ns == before.st_mtime_ns


def test_another_zip_is_prepared_again(source):
    write_zip(source, DATASET)
    loaded()
    write_zip(source, {"train": noise_split(4, num_per_class=10), "test": noise_split(5)})
    assert sizes(loaded()) == [62 * 8, 62 * 2, 62 * 5]


def test_another_seed_is_prepared_again(source, monkeypatch):
    write_zip(source, DATASET)
    first = emnist.prepare_emnist()
    monkeypatch.setattr(emnist, "SETTINGS", emnist.SETTINGS | {"seed": 43})
    assert emnist.prepare_emnist() != first
    assert emnist.made_from_of(emnist.PREPARED_FILENAME) == emnist.prepare_emnist()


def test_a_damaged_prepared_file_is_made_again(source, capsys):
    write_zip(source, DATASET)
    loaded()
    emnist.PREPARED_FILENAME.write_bytes(emnist.PREPARED_FILENAME.read_bytes()[:1000])
    assert sizes(loaded()) == [62 * 4, 62, 62 * 2]
    assert f"{emnist.PREPARED_FILENAME} is damaged" in capsys.readouterr().out


def test_when_all_is_prepared_the_zip_may_go(source):
    write_zip(source, DATASET)
    made_from = emnist.prepare_emnist()
    source.unlink()
    assert emnist.prepare_emnist() == made_from
    assert sizes(loaded()) == [62 * 4, 62, 62 * 2]


def test_characters_of_others_are_not_called_emnists(source):
    write_zip(source, DATASET)
    assert loaded().source.startswith("EMNIST characters in 62 classes")
    with zipfile.ZipFile(source, "a") as archive:
        archive.writestr(emnist.SOURCE_MEMBER, "Chars74K and MNIST")
    assert loaded().source.startswith("Chars74K and MNIST characters in 62 classes")
    source.unlink()
    assert loaded().source.startswith("Chars74K and MNIST characters in 62 classes")


def test_a_damaged_prepared_file_without_a_zip_does_not_serve(source):
    write_zip(source, DATASET)
    loaded()
    source.unlink()
    emnist.PREPARED_FILENAME.write_bytes(b"damaged")
    with pytest.raises(UserError, match=r"matlab.zip is missing"):
        EMNIST().prepare_data()


def test_an_interrupted_preparation_leaves_nothing(source, monkeypatch):
    write_zip(source, DATASET)
    parts = []

    def interrupted(labels, seed):
        parts.append(labels)
        if len(parts) == 2:
            raise KeyboardInterrupt
        return balanced_indices(labels, seed)

    with monkeypatch.context() as patch:
        patch.setattr(emnist, "balanced_indices", interrupted)
        with pytest.raises(KeyboardInterrupt):
            EMNIST().prepare_data()
    assert prepared_files() == []
    assert sizes(loaded()) == [62 * 4, 62, 62 * 2]


def test_loading_before_preparing_says_what_to_do(source):
    with pytest.raises(UserError, match=r"byclass.h5 is missing: make it with prepare_data"):
        EMNIST().setup()
