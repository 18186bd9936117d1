import json
import os

import h5py
import numpy as np
import pytest
import torch

from tests.epochs import epochs
from tests.iam_source import FORM_IDS, FORMS, TEXTS, form_of_bars, prepared, texts_of, use_source, with_forms
from tests.small_iam import files_of, one_box, write_zip
from text_recognizer.data import IAM, IAMParagraphs, iam_paragraphs
from text_recognizer.data.paragraphs.canvas import PARAGRAPH_MAPPING, fit_to_canvas
from text_recognizer.util import UserError

SPLITS = ("train", "val", "test")
WHOLE_IDS = FORM_IDS | {"train": FORM_IDS["train"][1:]}  # the first form has a line without a box
BARS = [(100, 60, 300, 20), (110, 110, 280, 20), (100, 160, 200, 20)]


@pytest.fixture(autouse=True)
def source(tmp_path, monkeypatch):
    return use_source(tmp_path, monkeypatch)


def splits(data):
    return {"train": data.data_train, "val": data.data_val, "test": data.data_test}


def first_val_image(source, *args, **settings):
    """Return the paragraph that comes of a form of bars: (576, 640) uint8."""
    with_forms(source, form_of_bars("c01-014", *args, **settings))
    return (prepared(IAMParagraphs).data_val[0][0][0] * 255).round().byte().numpy()


def extent(image, above=60):
    rows, columns = np.nonzero(image > above)
    return (int(columns.min()), int(columns.max()) + 1), (int(rows.min()), int(rows.max()) + 1)


def test_the_data_are_what_their_config_says():
    data = prepared(IAMParagraphs)
    assert data.config() == {"input_dims": (1, 576, 640), "output_dims": (682,), "mapping": PARAGRAPH_MAPPING}
    for dataset in splits(data).values():
        image, labels = dataset[0]
        assert image.shape == data.input_dims
        assert image.dtype == torch.float32
        assert 0 <= image.min() < image.max() <= 1
        assert labels.shape == data.output_dims
        assert labels.dtype == torch.int64


@pytest.mark.parametrize("shape", [list, one_box], ids=["many words and strokes", "one box a line"])
def test_each_split_has_its_forms_with_all_their_lines_in_order(source, shape):
    write_zip(source, files_of(shape(FORMS)))
    data = prepared(IAMParagraphs)
    for split, dataset in splits(data).items():
        assert texts_of(data, dataset) == ["\n".join(TEXTS[form_id]) for form_id in WHOLE_IDS[split]]


def test_no_form_is_in_two_splits():
    prepared(IAMParagraphs)
    with h5py.File(iam_paragraphs.PREPARED_FILENAME) as file:
        found = {split: file[f"id_{split}"].asstr()[:].tolist() for split in SPLITS}
        assert {line_id[:-3] for line_id in file["id_lines"].asstr()} <= set(FORM_IDS["train"])
    assert found == WHOLE_IDS


def test_doubtful_lines_stay_in_paragraphs(source):
    form = form_of_bars("c01-014", BARS)
    form.lines[2].segmentation = "err"
    with_forms(source, form)
    data = prepared(IAMParagraphs)
    assert texts_of(data, data.data_val)[0] == "bar 0\nbar 1\nbar 2"
    assert extent((data.data_val[0][0][0] * 255).numpy())[1] == (32, 92)


def test_a_paragraph_is_halved_and_starts_at_the_margin(source):
    image = first_val_image(source, BARS)
    assert extent(image) == ((32, 182), (32, 92))  # 28, and four of paper
    assert image[35:40, 40:180].min() > 240
    assert image[45:55].max() < 16


def test_full_sized_images_are_scaled_to_the_same_size(source, monkeypatch):
    small = first_val_image(source, BARS)
    monkeypatch.setattr("tests.small_iam.XML_SCALE", 1)
    twice = [tuple(2 * value for value in bar) for bar in BARS]
    large = first_val_image(source, twice, size=(1240, 600))
    assert IAM().scale == 1
    np.testing.assert_allclose(small.astype(int), large, atol=24)  # JPEG's waves at the edges


def test_a_paragraph_too_large_is_drawn_smaller_and_not_cut(source, capsys):
    image = first_val_image(source, [(100, 100, 2400, 30), (100, 900, 2400, 30)], size=(2700, 1000))
    (left, right), (top, bottom) = extent(image)
    assert left <= 4
    assert right >= 636
    assert 28 <= top < bottom < 300
    assert "2 paragraphs, 1 of them drawn smaller to fit" in capsys.readouterr().out


def test_ink_that_leaves_its_box_is_not_cut(source):
    form = form_of_bars("c01-014", BARS)
    form.lines[0].words[0][0] = (100, 70, 300, 10)  # the box misses the upper half of the ink
    form.lines[0].segmentation = "err"
    with_forms(source, form)
    image = (prepared(IAMParagraphs).data_val[0][0][0] * 255).numpy()
    (_, _), (top, bottom) = extent(image)
    assert bottom - top == 60


def test_grey_paper_goes_on_beside_the_paragraph(source):
    image = first_val_image(source, BARS, paper=205)
    assert image[35, 100] > 240
    for part in (image[:20], image[:, :20], image[300:], image[:, 400:]):
        np.testing.assert_allclose(part, 50, atol=6)


def test_a_region_beyond_the_page_is_filled_with_paper(source):
    assert extent(first_val_image(source, [(0, 0, 300, 20), (0, 280, 300, 20)])) == ((32, 182), (32, 182))


LEFT_OUT = {
    "a line without a box": lambda form: form.lines[1].words.clear(),
    "a line whose ink is erased": lambda form: form.page.paste(255, (0, 165, 620, 300)),
}


@pytest.mark.parametrize("why", LEFT_OUT)
def test_a_paragraph_that_is_not_all_there_is_left_out_and_named(source, capsys, why):
    form = form_of_bars("c01-014", BARS)
    LEFT_OUT[why](form)
    with_forms(source, form)
    data = prepared(IAMParagraphs)
    assert texts_of(data, data.data_val) == ["\n".join(TEXTS["d01-016"])]
    assert len(data.data_val) == 1
    assert "left out: 1 with a line that has no box or whose ink is not in its box: c01-014" in capsys.readouterr().out


def test_validation_and_test_images_are_only_scaled():
    data = prepared(IAMParagraphs)
    with h5py.File(iam_paragraphs.PREPARED_FILENAME) as file:
        for split in ("val", "test"):
            for (image, _), stored in zip(splits(data)[split], file[f"x_{split}"], strict=True):
                np.testing.assert_array_equal((image[0] * 255).round().byte().numpy(), stored)
        first = file["x_val"][0]
    left, top, right, bottom = iam_paragraphs.region_of(IAM().form("c01-014"), 8)
    cut = 255 - IAM().image("c01-014")[top:bottom, left:right]
    np.testing.assert_array_equal(first, fit_to_canvas(cut, 0, 0.5))


def test_training_images_change_from_epoch_to_epoch_and_labels_do_not():
    data = prepared(IAMParagraphs, batch_size=2)
    first, second = epochs(data)
    assert not set(first) & set(second)
    assert len(first) == 5
    assert texts_of(data, data.data_train) == ["\n".join(TEXTS[form_id]) for form_id in WHOLE_IDS["train"]]


def test_the_same_seed_gives_the_same_images_with_workers():
    expected = epochs(prepared(IAMParagraphs, batch_size=2))
    assert epochs(prepared(IAMParagraphs, batch_size=2, num_workers=1)) == expected
    assert epochs(prepared(IAMParagraphs, seed=2, batch_size=2)) != expected


def test_without_augmentation_training_images_stay_the_same():
    first, second = epochs(prepared(IAMParagraphs, augment=False))
    assert first == second


def test_what_is_to_be_memorised_stays_the_same():
    data = IAMParagraphs(batch_size=2)
    data.prepare_data()
    data.validates_on_train = True
    data.setup()
    first, second = epochs(data)
    assert first == second


BROKEN = {  # what is wrong: the texts of two lines, what the error says
    "letter outside the vocabulary": (["naïve £5", "two"], "form a01-003: .*outside the vocabulary: '£' 'ï'"),
    "text too long": (["x" * 340, "y" * 340], "form a01-003: .*makes 683 labels: expected 682 at most"),
}


@pytest.mark.parametrize("wrong", BROKEN)
def test_a_form_that_cannot_be_used_is_named_and_nothing_is_made(source, wrong):
    texts, expected = BROKEN[wrong]
    with_forms(source, form_of_bars("a01-003", BARS[:2], texts))
    with pytest.raises(UserError, match=expected) as caught:
        IAMParagraphs().prepare_data()
    assert str(source) in str(caught.value)
    assert list(iam_paragraphs.PREPARED_FILENAME.parent.glob("*")) == []


def test_a_split_of_which_nothing_is_left_is_an_error(source):
    with_forms(source, *(form_of_bars(form_id, [(30, 20, 300, 20)], ink=255) for form_id in FORM_IDS["test"]))
    with pytest.raises(UserError, match="each of the 2 test forms has a line whose place is unknown"):
        IAMParagraphs().prepare_data()


def test_the_licence_is_printed_once_and_the_source_says_that_it_is_a_subset(capsys):
    data = prepared(IAMParagraphs)
    assert "non-commercial research only" in capsys.readouterr().out
    assert "IAM subset (10 of 1,539 forms)" in data.source
    assert "5 training, 2 validation, 2 test examples" in str(data)
    prepared(IAMParagraphs)
    assert "non-commercial" not in capsys.readouterr().out


def test_what_is_prepared_is_made_again_when_its_source_changes(source, monkeypatch):
    data = prepared(IAMParagraphs)
    date = iam_paragraphs.PREPARED_FILENAME.stat().st_mtime_ns
    os.utime(source, ns=(1, 1))
    prepared(IAMParagraphs)
    assert iam_paragraphs.PREPARED_FILENAME.stat().st_mtime_ns == date
    with_forms(source, form_of_bars("c01-014", BARS))
    data = prepared(IAMParagraphs)
    assert texts_of(data, data.data_val)[0] == "bar 0\nbar 1\nbar 2"
    monkeypatch.setattr(iam_paragraphs, "SETTINGS", iam_paragraphs.SETTINGS | {"version": 99})
    prepared(IAMParagraphs)
    assert json.loads(iam_paragraphs.made_from_of(iam_paragraphs.PREPARED_FILENAME))["version"] == 99


def test_when_all_is_prepared_the_zip_may_go(source):
    data = prepared(IAMParagraphs)
    first = texts_of(data, data.data_val)
    source.unlink()
    data = prepared(IAMParagraphs)
    assert texts_of(data, data.data_val) == first


def test_without_iam_the_error_says_where_to_put_it(source):
    source.unlink()
    for action in (IAMParagraphs.download, IAMParagraphs.prepare_data):
        with pytest.raises(UserError, match=r"iamdb\.zip is missing"):
            action(IAMParagraphs())
    assert "is missing: make it with prepare_data()" in str(IAMParagraphs())
