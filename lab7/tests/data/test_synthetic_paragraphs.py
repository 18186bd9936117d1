from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from pytorch_lightning import seed_everything

from tests.epochs import epochs
from tests.iam_source import prepared, text_of, texts_of
from text_recognizer.data import IAMParagraphs, SyntheticParagraphs, synthetic_paragraphs
from text_recognizer.data.paragraphs.page_style import draw_style
from text_recognizer.data.prose.text import TextSource
from text_recognizer.data.show.compare_paragraphs import middles_of
from text_recognizer.data.synthetic_paragraphs import camera_for, draw_labelled_page, layout_of, writer_of
from text_recognizer.handwriting.camera import draw_camera
from text_recognizer.handwriting.hands import find_hands
from text_recognizer.handwriting.line import draw_line
from text_recognizer.util import UserError
from text_recognizer.vocabulary import END, START

SMALL = {"num_train_pages": 6, "num_held_out_pages": 3, "batch_size": 3, "max_lines": 3}
HANDS, TEXTS = find_hands("train"), TextSource("train")


def synthetic(seed=1, **settings):
    return prepared(SyntheticParagraphs, seed, **(SMALL | settings))


@pytest.fixture
def clean(monkeypatch):
    """Take each picture on plain, clean paper."""

    def plain(rng):
        return replace(draw_camera(rng, "scanned clean"), rule=0.0, quality=None)

    monkeypatch.setattr(synthetic_paragraphs, "draw_camera", plain)


def test_its_config_is_that_of_iam_paragraphs():
    assert SyntheticParagraphs().config() == IAMParagraphs().config()


def test_images_and_labels_have_the_format_of_iam_paragraphs():
    images, labels = next(iter(synthetic().train_dataloader()))
    assert images.shape == (3, 1, 576, 640)
    assert images.dtype == torch.float32
    assert 0 <= images.min() < 0.3 < 0.5 < images.max() <= 1
    assert labels.shape == (3, 682)
    assert labels.dtype == torch.int64
    assert (labels[:, 0] == START).all()
    assert ((labels == END).sum(dim=1) == 1).all()


def test_each_epoch_brings_other_pages_and_the_same_again_with_the_same_seed_whatever_the_workers():
    first, second = epochs(synthetic())
    assert not set(first) & set(second)
    assert epochs(synthetic(num_workers=2)) == [first, second]
    assert epochs(synthetic(seed=2))[0] != first


def test_a_page_depends_on_nothing_but_seed_epoch_and_index():
    data, longer = synthetic(), synthetic(num_train_pages=50)
    assert torch.equal(data.data_train[3][0], longer.data_train[3][0])
    data.data_train.set_epoch(1)
    assert not torch.equal(data.data_train[3][0], longer.data_train[3][0])


def test_validation_and_test_pages_stay_the_same_and_differ():
    data, again = synthetic(seed=1), synthetic(seed=2)
    for dataset, same in ((data.data_val, again.data_val), (data.data_test, again.data_test)):
        assert [x.numpy().tobytes() for x, _ in dataset] == [x.numpy().tobytes() for x, _ in same]
    assert not set(texts_of(data, data.data_val)) & set(texts_of(data, data.data_test))


def test_held_out_pages_are_in_other_families_and_from_another_part_of_the_text():
    data = synthetic()
    train, val, test = data.data_train, data.data_val, data.data_test
    assert set(train.hands.families).isdisjoint(val.hands.families)
    assert val.hands.families == test.hands.families
    runs = [{split.text.words[i : i + 5] for i in range(len(split.text.words) - 4)} for split in (train, val, test)]
    assert len(runs[0] & runs[1]) < 0.01 * len(runs[1])
    assert len(runs[0] & runs[2]) < 0.01 * len(runs[2])


def test_what_is_to_be_memorised_stays_the_same():
    seed_everything(1, verbose=False)
    data = SyntheticParagraphs(**SMALL)
    data.validates_on_train = True
    data.setup()
    first, second = epochs(data)
    assert first == second
    assert sorted(image.numpy().tobytes() for x, _ in data.val_dataloader() for image in x) == first


@pytest.mark.parametrize(("low", "high"), [(1, 1), (2, 3)])
def test_the_curriculum_is_obeyed(low, high):
    data = synthetic(num_train_pages=12, min_lines=low, max_lines=high)
    nums = {text_of(data, labels).count("\n") + 1 for _, labels in data.data_train}
    assert nums == set(range(low, high + 1))


def test_lines_are_as_far_apart_as_the_recogniser_sets_them_and_begin_at_the_top_left(clean):
    distances, corners = [], []
    for i in range(12):
        image, _ = draw_labelled_page(HANDS, TEXTS, np.random.default_rng(i), (5, 5))
        corners.append(cv2.boundingRect((image > 100).astype(np.uint8))[:2])
        distances.append(np.median(np.diff(middles_of(image > 100, 5))))
    assert np.median(distances) == pytest.approx(44, abs=4)
    assert np.median(corners, axis=0) == pytest.approx([32, 32], abs=7)


def test_no_ink_is_cut_even_of_the_longest_pages(clean):
    for i in range(6):
        image, _ = draw_labelled_page(HANDS, TEXTS, np.random.default_rng(i), (12, 12))
        edges = np.concatenate([image[:2].ravel(), image[-2:].ravel(), image[:, :2].ravel(), image[:, -2:].ravel()])
        assert edges.max() < 60


def test_pages_that_never_fit_are_an_error_that_says_what_to_change():
    with pytest.raises(UserError, match=r"--max_lines=40: none of 100 pages of 40 lines fits 576 x 640"):
        draw_labelled_page(HANDS, TEXTS, np.random.default_rng(0), (40, 40))


@pytest.mark.parametrize("seed", range(3))
def test_a_writer_fills_lines_as_the_style_asks(seed):
    rng = np.random.default_rng(seed)
    style = replace(draw_style(rng), x_height=8.0, character_width=10.0)
    text = "no more than a few of the words that there are"
    scale = style.x_height / synthetic_paragraphs.X_HEIGHT
    widths = [scale * draw_line(writer_of(style, HANDS, rng), text, rng).image.shape[1] / len(text) for _ in range(5)]
    assert np.mean(widths) == pytest.approx(10, rel=0.2)


def test_most_paper_is_black_and_rules_are_fainter_than_ink():
    layout = layout_of(draw_style(np.random.default_rng(0)))
    drawn = [camera_for(layout, np.random.default_rng(i)) for i in range(200)]
    assert all(camera.rule <= 0.6 * camera.contrast for camera, _ in drawn)
    assert sum(camera.rule_pitch == layout.pitch for camera, _ in drawn) > 120
    grey = sum(camera.look != "scanned clean" and not is_evened for camera, is_evened in drawn)
    assert 0 < grey < 40
    dark = [np.median(draw_labelled_page(HANDS, TEXTS, np.random.default_rng(i), (1, 2))[0]) < 20 for i in range(20)]
    assert np.mean(dark) > 0.7


def test_ruled_lines_end_where_the_recogniser_cuts(monkeypatch):
    monkeypatch.setattr(
        synthetic_paragraphs, "draw_camera", lambda rng: replace(draw_camera(rng, "photographed"), rule=0.5)
    )
    monkeypatch.setattr(synthetic_paragraphs, "EVENED", 1.0)
    image, _ = draw_labelled_page(HANDS, TEXTS, np.random.default_rng(0), (2, 2))
    assert image[:150].max() > 150
    assert image[250:].max() == 0


def test_the_number_of_families_is_printed_and_too_few_are_refused(capsys):
    synthetic()
    assert "4 handwriting families to train on, 2 held out for validation" in capsys.readouterr().out
    with pytest.raises(
        UserError, match=r"--min_families=100: only 4 families are installed; `make fonts` installs more"
    ):
        synthetic(min_families=100)


@pytest.mark.parametrize(
    ("settings", "flag"),
    [
        ({"num_train_pages": 0}, "--num_train_pages=0"),
        ({"num_held_out_pages": 0}, "--num_held_out_pages=0"),
        ({"min_lines": 0}, "--min_lines=0"),
        ({"min_lines": 3, "max_lines": 2}, "--min_lines=3 --max_lines=2"),
    ],
)
def test_wrong_numbers_are_refused(settings, flag):
    with pytest.raises(UserError, match=flag):
        SyntheticParagraphs(**settings)
