import os
import shutil
import urllib.request

import h5py
import numpy as np
import pytest
import torch

from tests.small_emnist import CHARACTERS, write_zip
from text_recognizer.data import EMNIST, EMNISTLines, emnist, emnist_lines, sentence_generator
from text_recognizer.data.emnist_lines import draw_line, glyphs_of
from text_recognizer.data.util import BaseDataset, split_dataset
from text_recognizer.util import UserError
from text_recognizer.vocabulary import END, INDEX_OF, MAPPING, PADDING, START, decode

PROSE = "the quick brown fox jumps over 13 lazy dogs\nA Big Zebra sat in 2 of my old vans\n"
SMALL = {"max_length": 12, "num_train": 30, "num_val": 12, "num_test": 12}
SPLITS = ("train", "val", "test")


def noise_split(seed, num_per_class):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(62, dtype=np.uint8), num_per_class))
    return {"images": rng.integers(1, 256, (len(labels), 784), dtype=np.uint8), "labels": labels[:, None]}


def without(part, character):
    kept = part["labels"][:, 0] != CHARACTERS.index(character)
    return {key: array[kept] for key, array in part.items()}


# Noise: no two images are equal, so that each glyph in a line tells where it comes from.
DATASET = {"train": noise_split(1, 20), "test": noise_split(2, 3)}


@pytest.fixture(autouse=True)
def dirname(tmp_path, monkeypatch):
    (tmp_path / "prose.txt").write_text(PROSE)
    monkeypatch.setattr(urllib.request.OpenerDirector, "open", None)
    monkeypatch.setattr(emnist, "ZIP_FILENAME", tmp_path / "matlab.zip")
    monkeypatch.setattr(emnist, "PREPARED_FILENAME", tmp_path / "processed" / "emnist" / "byclass.h5")
    monkeypatch.setattr(emnist_lines, "PROCESSED_DIRNAME", tmp_path / "processed")
    monkeypatch.setattr(sentence_generator, "BROWN_FILENAME", tmp_path / "no brown.zip")
    monkeypatch.setattr(sentence_generator, "PROSE_FILENAME", tmp_path / "prose.txt")
    write_zip(tmp_path / "matlab.zip", DATASET)
    return tmp_path


def prepared(**settings):
    data = EMNISTLines(**(SMALL | settings))
    data.prepare_data()
    data.setup()
    return data


def splits(data):
    return {"train": data.data_train, "val": data.data_val, "test": data.data_test}


def pixels_of(image):
    return (image[0] * 255).round().byte().numpy()


def contents(data):
    with h5py.File(data.filename) as file:
        return {name: file[name][:].tobytes() for name in file}


def date_of(data):
    return data.filename.stat().st_mtime_ns


def constant(value):
    return np.full((1, 28, 28), value, dtype=np.uint8)


def draw(text, overlap=0.0, width=28 * 6, **glyphs):
    return draw_line(text, glyphs, width, overlap, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("upper", "lower", "expected"), [(200, 100, 255), (255, 255, 255), (100, 50, 150), (1, 0, 1), (128, 128, 255)]
)
def test_ink_adds_up_to_white_at_most(upper, lower, expected):
    line = draw("ab", overlap=0.5, a=constant(upper), b=constant(lower))
    assert line.dtype == np.uint8
    assert (line[:, 14:28] == expected).all()


def test_ink_of_many_characters_adds_up_to_white():
    assert draw("a" * 6, overlap=0.97, a=constant(255))[:, :33].min() == 255


@pytest.mark.parametrize(
    ("overlap", "step"), [(0.0, 28), (0.01, 28), (0.04, 27), (0.25, 21), (0.33, 19), (0.5, 14), (0.99, 1)]
)
def test_each_character_covers_its_share_of_the_one_before(overlap, step):
    line = draw("abc", overlap, a=constant(1), b=constant(10), c=constant(100))
    expected = np.zeros((28, 28 * 6), dtype=np.uint8)
    for i, value in enumerate((1, 10, 100)):
        expected[:, i * step : i * step + 28] += np.uint8(value)
    np.testing.assert_array_equal(line, expected)


def test_a_space_is_a_gap_as_wide_as_a_character():
    line = draw("a b", a=constant(9), b=constant(9))
    columns = (line == 9).all(axis=0)
    assert columns.tolist() == [True] * 28 + [False] * 28 + [True] * 28 + [False] * 84


def test_a_text_as_long_as_the_line_fits():
    assert (draw("a" * 6, a=constant(9)) == 9).all()


def test_a_glyph_is_neither_turned_nor_shared_out_twice():
    glyph = np.arange(784, dtype=np.uint16).reshape(1, 28, 28).astype(np.uint8)
    np.testing.assert_array_equal(draw("a", a=glyph)[:, :28], glyph[0])


def test_any_image_of_a_character_may_come():
    images = np.concatenate([constant(value) for value in (1, 2, 3)])
    assert set(np.unique(draw_line("a" * 100, {"a": images}, 2800, 0.0, np.random.default_rng(0)))) == {1, 2, 3}


def test_a_missing_character_is_named():
    with pytest.raises(UserError, match="none of b c:"):
        draw("a bc", a=constant(1))


def test_glyphs_are_sorted_by_character():
    labels = torch.tensor([INDEX_OF["a"], INDEX_OF["7"], INDEX_OF["a"], INDEX_OF["Z"]])
    images = torch.arange(4, dtype=torch.uint8)[:, None, None].expand(4, 28, 28)
    glyphs = glyphs_of(BaseDataset(images, labels))
    assert {character: found[:, 0, 0].tolist() for character, found in glyphs.items()} == {
        "a": [0, 2],
        "7": [1],
        "Z": [3],
    }


def test_glyphs_of_a_part_are_that_parts_only():
    dataset = BaseDataset(torch.arange(100, dtype=torch.uint8), torch.full((100,), INDEX_OF["a"]))
    for part in split_dataset(dataset, 0.3, seed=0):
        assert sorted(glyphs_of(part)["a"].tolist()) == sorted(part.indices)


def emnist_images():
    characters = EMNIST()
    characters.setup()
    return {
        split: {(MAPPING[label], pixels_of(image).tobytes()) for image, label in dataset}
        for split, dataset in splits(characters).items()
    }


def glyphs_in(image, text):
    pixels = pixels_of(image)
    assert not pixels[:, 28 * len(text) :].any()
    crops = [(character, pixels[:, 28 * i : 28 * i + 28]) for i, character in enumerate(text)]
    assert not any(crop.any() for character, crop in crops if character == " ")
    return {(character, crop.tobytes()) for character, crop in crops if character != " "}


@pytest.mark.parametrize("with_tokens", [False, True])
def test_a_line_shows_its_text_in_characters_of_its_own_split(with_tokens):
    data = prepared(min_overlap=0.0, max_overlap=0.0, with_start_end_tokens=with_tokens)
    stored = emnist_images()
    used = {
        split: set().union(*(glyphs_in(image, decode(labels)) for image, labels in dataset))
        for split, dataset in splits(data).items()
    }
    for split in SPLITS:
        assert used[split]
        assert used[split] <= stored[split]
    assert not used["train"] & used["val"]
    assert not used["train"] & used["test"]
    assert not used["val"] & used["test"]


def test_texts_are_runs_of_words():
    whole = f" {' '.join(PROSE.split())} "
    for dataset in splits(prepared()).values():
        assert all(f" {decode(labels)} " in whole for _, labels in dataset)


def test_no_two_splits_are_drawn_alike():
    texts = [[decode(labels) for _, labels in list(dataset)[:12]] for dataset in splits(prepared()).values()]
    assert texts[0] != texts[1]
    assert texts[1] != texts[2]


@pytest.mark.parametrize("overlap", [0.25, 0.5])
def test_lines_have_the_overlap_asked_for(overlap):
    step = 28 - int(28 * overlap)
    for image, labels in prepared(min_overlap=overlap, max_overlap=overlap).data_train:
        inked = pixels_of(image).any(axis=0).nonzero()[0]
        assert (inked[0], inked[-1]) == (0, step * (len(decode(labels)) - 1) + 27)


def test_each_line_draws_an_overlap_within_the_limits():
    found = set()
    for image, labels in prepared(max_length=32, min_overlap=0.1, max_overlap=0.6).data_train:
        last = pixels_of(image).any(axis=0).nonzero()[0][-1]
        num = len(decode(labels))
        if num > 1:
            found.add(int(last - 27) // (num - 1))
    assert len(found) > 3
    assert min(found) >= 28 - int(0.6 * 28)
    assert max(found) <= 28 - int(0.1 * 28)


@pytest.mark.parametrize("max_length", [8, 12, 32])
def test_sizes_and_shapes_are_those_of_the_settings(max_length):
    data = prepared(max_length=max_length)
    assert data.config() == {"input_dims": (1, 28, 28 * max_length), "output_dims": (max_length,), "mapping": MAPPING}
    assert [len(dataset) for dataset in splits(data).values()] == [30, 12, 12]
    for dataset in splits(data).values():
        image, labels = dataset[0]
        assert image.shape == data.input_dims
        assert image.dtype == torch.float32
        assert 0 <= image.min() < image.max() <= 1
        assert labels.shape == data.output_dims
        assert labels.dtype == torch.int64


def test_labels_are_the_text_and_padding():
    for _, labels in prepared().data_train:
        text = decode(labels)
        assert labels.tolist() == [INDEX_OF[c] for c in text] + [PADDING] * (12 - len(text))


def test_tokens_stand_around_the_text_and_count_for_its_length():
    lengths = set()
    for _, labels in prepared(with_start_end_tokens=True, num_train=100).data_train:
        text = decode(labels)
        assert labels.tolist() == [START, *(INDEX_OF[c] for c in text), END] + [PADDING] * (10 - len(text))
        lengths.add(len(text))
    assert max(lengths) == 10


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"min_overlap": -0.1}, "--min_overlap=-0.1 --max_overlap=0.33: expected 0 <= "),
        ({"max_overlap": 1.0}, "--min_overlap=0.0 --max_overlap=1.0: expected .* < 1"),
        ({"min_overlap": 0.5, "max_overlap": 0.4}, "--min_overlap=0.5 --max_overlap=0.4: expected"),
        ({"min_overlap": float("nan")}, "--min_overlap=nan"),
        ({"max_length": 7}, "--max_length=7: expected 8 or more"),
        ({"max_length": 0}, "--max_length=0: expected 8 or more"),
        ({"num_train": 0}, "--num_train=0 .*: expected 1 or more"),
        ({"num_val": -1}, "--num_val=-1 .*: expected 1 or more"),
        ({"num_test": 0}, "--num_test=0: expected 1 or more"),
        ({"batch_size": 0}, "--batch_size=0: expected 1 or more"),
    ],
)
def test_a_setting_out_of_range_is_named_with_its_value(settings, expected):
    with pytest.raises(UserError, match=expected):
        EMNISTLines(**settings)


def test_the_same_settings_make_the_same_lines():
    data = prepared()
    first = contents(data)
    data.filename.unlink()
    assert contents(prepared()) == first


def test_lines_that_are_there_are_not_made_again():
    first = date_of(prepared())
    assert date_of(prepared()) == first


def test_the_same_text_with_another_date_makes_no_new_lines(dirname, monkeypatch):
    first = date_of(prepared())  # each lab has its own copy of the texts, and all share one data directory
    (dirname / "lab3").mkdir()
    for module, name in ((sentence_generator, "PROSE_FILENAME"), (emnist_lines, "BLOCKED_FILENAME")):
        copy = dirname / "lab3" / getattr(module, name).name
        shutil.copyfile(getattr(module, name), copy)
        os.utime(copy, ns=(1, 1))
        monkeypatch.setattr(module, name, copy)
    assert date_of(prepared()) == first


@pytest.mark.parametrize(
    "changed",
    [
        {"max_length": 13},
        {"min_overlap": 0.1},
        {"max_overlap": 0.4},
        {"num_train": 31},
        {"num_val": 13},
        {"num_test": 13},
        {"with_start_end_tokens": True},
    ],
    ids=lambda changed: str(changed),
)
def test_other_settings_make_other_lines(changed):
    first = contents(prepared())
    assert contents(prepared(**changed)) != first
    assert contents(prepared()) == first


def test_another_text_makes_other_lines(dirname):
    prepared()
    (dirname / "prose.txt").write_text("only these few words\n" * 10)
    os.utime(dirname / "prose.txt", ns=(1, 1))
    found = {word for _, labels in prepared().data_train for word in decode(labels).split()}
    assert found <= {"only", "these", "few", "words"}


def test_other_blocked_words_make_other_lines(dirname, monkeypatch):
    first = date_of(prepared())
    (dirname / "blocked_words.txt").write_text("")
    monkeypatch.setattr(emnist_lines, "BLOCKED_FILENAME", dirname / "blocked_words.txt")
    assert date_of(prepared()) != first


def test_other_characters_make_other_lines(dirname):
    first = contents(prepared())
    write_zip(dirname / "matlab.zip", {"train": noise_split(3, 40), "test": noise_split(4, 5)})
    assert contents(prepared()) != first


def test_another_version_makes_other_lines(monkeypatch):
    first = date_of(prepared())
    monkeypatch.setattr(emnist_lines, "VERSION", emnist_lines.VERSION + 1)
    assert date_of(prepared()) != first


def test_damaged_lines_are_made_again(capsys):
    data = prepared()
    first = contents(data)
    data.filename.write_bytes(data.filename.read_bytes()[:2000])
    assert contents(prepared()) == first
    assert f"{data.filename} is damaged" in capsys.readouterr().out


def test_a_class_without_images_is_an_error_and_no_lines_are_made(dirname):
    write_zip(dirname / "matlab.zip", {"train": DATASET["train"], "test": without(DATASET["test"], "o")})
    with pytest.raises(UserError, match="none of o:"):
        prepared()
    assert not list((dirname / "processed" / "emnist_lines").iterdir())


def test_an_interruption_leaves_nothing(dirname, monkeypatch):
    def interrupted(text, *rest):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(emnist_lines, "draw_line", interrupted)
        with pytest.raises(KeyboardInterrupt):
            prepared()
    assert not list((dirname / "processed" / "emnist_lines").iterdir())
    assert len(prepared().data_train) == 30


def test_printing_before_preparing_says_what_to_do():
    data = EMNISTLines(**SMALL)
    assert (
        str(data)
        == f"EMNISTLines: not loaded. {data.filename} is missing: make it with prepare_data() or `make generate`"
    )


def test_printing_names_the_source():
    text = str(prepared())
    assert "30 training, 12 validation, 12 test examples" in text
    assert "prose.txt" in text.partition("source")[2]


def test_workers_read_the_same_lines():
    alone, helped = prepared(batch_size=5), prepared(batch_size=5, num_workers=2)
    batches = zip(alone.val_dataloader(), helped.val_dataloader(), strict=True)
    assert all(torch.equal(x1, x2) and torch.equal(y1, y2) for (x1, y1), (x2, y2) in batches)


def test_each_split_draws_from_its_own_part_of_the_text(dirname):
    words = [
        f"{name}{i}" for name in ("early", "middle", "late") for i in (range(80) if name == "early" else range(10))
    ]
    (dirname / "prose.txt").write_text(" ".join(words))
    data = prepared()
    for split, name in ((data.data_train, "early"), (data.data_val, "middle"), (data.data_test, "late")):
        found = {word for _, labels in split for word in decode(labels).split()}
        assert found <= {word for word in words if word.startswith(name)}


def test_the_source_names_the_text_that_the_lines_were_made_from(dirname, monkeypatch):
    prepared()
    monkeypatch.setattr(sentence_generator, "PROSE_FILENAME", dirname / "another.txt")
    data = EMNISTLines(**SMALL)
    data.setup()
    assert "with words from prose.txt" in data.source


def test_a_web_page_in_place_of_brown_is_named_as_such(dirname, monkeypatch):
    (dirname / "brown.zip").write_text("<!DOCTYPE html><html>moved</html>")
    for module in (emnist_lines, sentence_generator):
        monkeypatch.setattr(module, "BROWN_FILENAME", dirname / "brown.zip")
    with pytest.raises(UserError, match=r"brown\.zip is an HTML page"):
        prepared()
