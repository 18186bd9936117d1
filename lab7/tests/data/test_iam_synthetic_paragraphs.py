import numpy as np
import pytest
import torch

from tests.epochs import epochs
from tests.iam_source import FORM_IDS, FORMS, TEXTS, form_of_bars, prepared, text_of, use_source, with_forms
from tests.small_iam import LISTS, files_of, write_zip
from text_recognizer.data import IAM, IAMSyntheticParagraphs, iam_synthetic_paragraphs
from text_recognizer.data.paragraphs.canvas import PARAGRAPH_MAPPING
from text_recognizer.data.paragraphs.stored_lines import StoredLines
from text_recognizer.util import UserError

SMALL = {"num_synthetic": 6, "max_lines": 8, "batch_size": 3}
UNUSABLE = {FORMS[0].lines[1].text, FORMS[0].lines[2].text}  # doubtful, and without a box
TRAINING_TEXTS = {text for form_id in FORM_IDS["train"] for text in TEXTS[form_id]} - UNUSABLE


@pytest.fixture(autouse=True)
def source(tmp_path, monkeypatch):
    return use_source(tmp_path, monkeypatch)


def synthetic(**settings):
    return prepared(IAMSyntheticParagraphs, **(SMALL | settings))


def lines_of(data):
    """Return the lines of the texts of all training pages."""
    pages = (data.data_train[i] for i in range(len(data.data_train)))
    return [text_of(data, labels).split("\n") for _, labels in pages]


def stored():
    return StoredLines(iam_synthetic_paragraphs.PREPARED_FILENAME)


def test_the_data_are_what_their_config_says():
    data = synthetic()
    assert data.config() == {"input_dims": (1, 576, 640), "output_dims": (682,), "mapping": PARAGRAPH_MAPPING}
    image, labels = data.data_train[0]
    assert image.shape == data.input_dims
    assert image.dtype == torch.float32
    assert labels.shape == data.output_dims
    assert labels.dtype == torch.int64
    assert len(data.data_train) == 6


def test_pages_have_lines_of_training_forms_and_no_others():
    found = {line for lines in lines_of(synthetic(num_synthetic=60)) for line in lines}
    assert found == TRAINING_TEXTS


def test_validation_and_test_pages_are_the_real_ones():
    data = synthetic()
    for dataset, split in ((data.data_val, "val"), (data.data_test, "test")):
        assert [text_of(data, labels) for _, labels in dataset] == ["\n".join(TEXTS[i]) for i in FORM_IDS[split]]


@pytest.mark.parametrize(("low", "high"), [(1, 1), (2, 3), (9, 12)])
def test_the_curriculum_is_obeyed(low, high):
    data = synthetic(num_synthetic=40, min_lines=low, max_lines=high)
    assert {len(lines) for lines in lines_of(data)} == set(range(low, high + 1))


def test_the_image_shows_the_lines_of_the_labels_from_top_to_bottom():
    data, lines = synthetic(augment=False, mixed_hands=0.5), stored()
    for i in range(6):
        image, labels = data.data_train[i]
        pixels, page = (image[0] * 255).round().byte().numpy(), data.data_train.layout.draw(generator(data, i))
        assert [lines.texts[line] for line in page.lines] == text_of(data, labels).split("\n")
        tops = [y for _, y in page.corners]
        assert tops == sorted(tops)
        for line, (x, y) in zip(page.lines, page.corners, strict=True):
            ink = lines.image(line)
            shown = pixels[28 + y :, 28 + x :][: ink.shape[0], : ink.shape[1]]
            assert (shown >= ink).all()  # nothing is cut, and what overlaps is kept


def generator(data, index, epoch=0):
    return np.random.default_rng([data.data_train.seed, epoch, index, iam_synthetic_paragraphs.STREAM])


def test_nothing_but_its_lines_is_on_a_page():
    data, lines = synthetic(augment=False), stored()
    for i in range(6):
        page = data.data_train.layout.draw(generator(data, i))
        whole = np.zeros((576, 640), np.uint8)
        for line, (x, y) in zip(page.lines, page.corners, strict=True):
            ink = lines.image(line)
            part = whole[28 + y :, 28 + x :][: ink.shape[0], : ink.shape[1]]
            np.maximum(part, ink, out=part)
        np.testing.assert_array_equal((data.data_train[i][0][0] * 255).round().byte().numpy(), whole)


def test_lines_have_the_size_that_they_have_on_real_pages():
    synthetic()
    lines, forms = stored(), {form.id: form for form in map(IAM().form, FORM_IDS["train"])}
    boxes = {line.text: line.box for form in forms.values() for line in form.lines}
    for text, place in zip(lines.texts, lines.places, strict=True):
        left, top, right, bottom = boxes[text]
        assert abs(place["width"] - (right - left) / 2) <= 4
        assert abs(place["height"] - (bottom - top) / 2) <= 4


def test_overlapping_ink_is_kept(source):
    bars = [(100, 60, 300, 60), (100, 100, 300, 60)]  # each covers a part of the next
    with_forms(source, *(form_of_bars(form_id, bars) for form_id in FORM_IDS["train"]))
    data = synthetic(augment=False, min_lines=2, max_lines=2)
    image = data.data_train[0][0][0]
    assert image[40:70, 60:150].min() > 0.9


def test_the_same_seed_gives_the_same_pages_whatever_the_number_of_workers():
    expected = epochs(synthetic(), num=3)
    for num_workers in (1, 2):
        assert epochs(synthetic(num_workers=num_workers), num=3) == expected
    assert epochs(synthetic(seed=2), num=3) != expected


def test_a_page_depends_on_nothing_but_seed_epoch_and_index():
    data, longer = synthetic(), synthetic(num_synthetic=50)
    assert torch.equal(data.data_train[3][0], longer.data_train[3][0])
    data.data_train.set_epoch(1)
    assert not torch.equal(data.data_train[3][0], longer.data_train[3][0])
    longer.data_train.set_epoch(1)
    assert torch.equal(data.data_train[3][0], longer.data_train[3][0])


def test_each_epoch_has_other_pages_with_other_texts():
    data = synthetic()
    texts = []
    for epoch in (1, 2):
        data.data_train.set_epoch(epoch)
        texts.append({text_of(data, row) for _, y in data.train_dataloader() for row in y})
    assert len(texts[0]) == len(texts[1]) == 6
    assert not texts[0] & texts[1]


@pytest.mark.parametrize("augment", [False, True])
def test_what_is_to_be_memorised_stays_the_same(augment):
    data = IAMSyntheticParagraphs(augment=augment, **SMALL)
    data.prepare_data()
    data.validates_on_train = True
    data.setup()
    first, second = epochs(data)
    assert first == second
    assert sorted(image.numpy().tobytes() for x, _ in data.val_dataloader() for image in x) == first


def test_augmentation_changes_images_and_not_texts():
    plain, changed = synthetic(augment=False), synthetic()
    assert lines_of(plain) == lines_of(changed)
    assert not torch.equal(plain.data_train[0][0], changed.data_train[0][0])


def test_grey_paper_stays_grey(source):
    bars = [(100, 60, 300, 20), (110, 110, 280, 20)]
    with_forms(source, *(form_of_bars(form_id, bars, paper=205) for form_id in FORM_IDS["train"]))
    image = synthetic(augment=False, min_lines=2, max_lines=2).data_train[0][0][0] * 255
    np.testing.assert_allclose(image[200:], 50, atol=3)
    assert image[36:38, 60:150].min() > 230


def test_a_line_whose_ink_is_erased_is_not_used(source):
    form = form_of_bars("a01-003", [(100, 60, 300, 20), (100, 160, 300, 20)], ["there", "gone"])
    form.page.paste(255, (0, 165, 620, 300))
    with_forms(source, form)
    synthetic()
    assert "there" in stored().texts
    assert "gone" not in stored().texts


WRONG = {
    "--min_lines=4 --max_lines=3": {"min_lines": 4, "max_lines": 3},
    "--min_lines=0": {"min_lines": 0},
    "--num_synthetic=0": {"num_synthetic": 0},
    "--mixed_hands=1.5": {"mixed_hands": 1.5},
}


@pytest.mark.parametrize("flag", WRONG)
def test_a_wrong_setting_is_an_error(flag):
    with pytest.raises(UserError, match=flag):
        IAMSyntheticParagraphs(**WRONG[flag])


def test_pages_that_cannot_be_had_are_an_error_before_training(source):
    with pytest.raises(UserError, match="--max_lines=99: there are 28 training lines, expected no more"):
        synthetic(max_lines=99)
    lines = [(30, 20, 300, 20), (30, 250, 300, 20)]
    with_forms(source, *(form_of_bars(form_id, lines) for form_id in FORM_IDS["train"]))
    with pytest.raises(UserError, match="--min_lines=7 --max_lines=8: of 100 pages drawn none fits 576 x 640"):
        synthetic(min_lines=7)


def test_no_certain_training_line_is_an_error(source):
    forms = [form for form in FORMS if form.id not in FORM_IDS["train"]]
    bars = [form_of_bars(form_id, [(30, 20, 300, 20)]) for form_id in FORM_IDS["train"]]
    for form in bars:
        form.lines[0].segmentation = "err"
    write_zip(source, files_of([*forms, *bars], LISTS))
    with pytest.raises(UserError, match="none of the 6 train forms has a line whose place is certain"):
        synthetic()
