import json
import os

import h5py
import numpy as np
import pytest
import torch
from PIL import Image
from pytorch_lightning import seed_everything

from tests.epochs import epochs
from tests.small_iam import LISTS, UNLISTED, SmallForm, SmallLine, files_of, make_forms, one_box, write_zip
from text_recognizer.data import IAM, IAMLines, iam, iam_lines
from text_recognizer.data.iam_lines import fit_to_canvas
from text_recognizer.util import UserError
from text_recognizer.vocabulary import END, MAPPING, PADDING, START, decode, encode

FORMS = make_forms()
FILES = files_of(FORMS)
FIRST = FORMS[0].id
SPLITS = ("train", "val", "test")
FORM_IDS = {
    "train": sorted([*LISTS["trainset"], UNLISTED]),
    "val": ["c01-014", "d01-016"],
    "test": ["e01-022", "e01-026"],
}


@pytest.fixture(autouse=True)
def source(tmp_path, monkeypatch):
    filename = tmp_path / "iam" / "iamdb.zip"
    filename.parent.mkdir()
    monkeypatch.setattr(iam, "ZIP_FILENAME", filename)
    monkeypatch.setattr(iam, "UNPACKED_DIRNAME", filename.with_suffix(""))
    monkeypatch.setattr(iam_lines, "PREPARED_FILENAME", tmp_path / "processed" / "lines.h5")
    write_zip(filename, FILES)
    return filename


def prepared(**settings):
    seed_everything(1, verbose=False)
    data = IAMLines(**settings)
    data.prepare_data()
    data.setup()
    return data


def splits(data):
    return {"train": data.data_train, "val": data.data_val, "test": data.data_test}


def texts_of(dataset):
    return [decode(labels.tolist()) for _, labels in dataset]


def with_forms(source, *changed):
    """Write the small IAM with other forms in place of those with the same ids."""
    by_id = {form.id: form for form in FORMS} | {form.id: form for form in changed}
    write_zip(source, files_of(list(by_id.values())))


def form_with(text="a line", box=(30, 20, 300, 30), form_id=FIRST, grey=0, paper=255):
    """Draw a form of one line, which is a rectangle."""
    x, y, width, height = box
    pixels = np.full((300, 620), paper, dtype=np.uint8)
    pixels[y : y + height, x : x + width] = grey
    return SmallForm(form_id, Image.fromarray(pixels), [SmallLine(text, [[box]])])


def drawn(height, width, paper=0, ink=255):
    """Return what comes of a line that is ink from edge to edge: its columns and rows, and the canvas."""
    canvas = fit_to_canvas(np.full((height, width), ink, dtype=np.uint8), paper)
    assert canvas.shape == (56, 1024)
    assert set(np.unique(canvas)) <= {paper, ink}
    rows, columns = np.nonzero(canvas == ink)
    return (int(columns.min()), int(columns.max()) + 1), (int(rows.min()), int(rows.max()) + 1)


@pytest.mark.parametrize(
    ("height", "width", "columns"),
    [(56, 500, (28, 528)), (112, 500, (28, 278)), (28, 100, (28, 228)), (56, 996, (28, 1024)), (56, 1, (28, 29))],
)
def test_a_line_is_scaled_to_the_canvas_height_and_keeps_its_proportions(height, width, columns):
    assert drawn(height, width) == (columns, (0, 56))


@pytest.mark.parametrize(("width", "start"), [(996, 28), (1000, 24), (1023, 1), (1024, 0)])
def test_a_long_line_takes_the_margin(width, start):
    assert drawn(56, width) == ((start, start + width), (0, 56))


@pytest.mark.parametrize(
    ("height", "width", "rows"), [(56, 2048, (14, 42)), (28, 1024, (14, 42)), (50, 2000, (15, 41)), (1, 9000, (27, 28))]
)
def test_a_line_too_wide_is_drawn_smaller_and_not_cut(height, width, rows):
    assert drawn(height, width) == ((0, 1024), rows)


def test_the_canvas_around_a_line_is_paper():
    assert drawn(56, 200, paper=25, ink=200) == ((28, 228), (0, 56))


def test_the_data_are_what_their_config_says():
    data = prepared()
    assert data.config() == {"input_dims": (1, 56, 1024), "output_dims": (89,), "mapping": MAPPING}
    for dataset in splits(data).values():
        image, labels = dataset[0]
        assert image.shape == data.input_dims
        assert image.dtype == torch.float32
        assert 0 <= image.min() < image.max() <= 1
        assert labels.shape == data.output_dims
        assert labels.dtype == torch.int64


@pytest.mark.parametrize("shape", [list, one_box], ids=["many words and strokes", "one box a line"])
def test_each_split_has_the_lines_of_its_forms_that_are_certain(source, shape):
    forms = {form.id: form for form in shape(make_forms())}
    write_zip(source, files_of(list(forms.values())))
    data = prepared()
    assert [len(dataset) for dataset in splits(data).values()] == [6 * 5 - 2, 10, 10]
    for split, dataset in splits(data).items():
        lines = [line for form_id in FORM_IDS[split] for line in forms[form_id].lines]
        expected = [line.text for line in lines if line.words and line.segmentation == "ok"]
        assert texts_of(dataset) == expected


def test_no_form_is_in_two_splits():
    prepared()
    with h5py.File(iam_lines.PREPARED_FILENAME) as file:
        found = {split: {line_id.rpartition("-")[0] for line_id in file[f"id_{split}"].asstr()} for split in SPLITS}
    assert {split: sorted(form_ids) for split, form_ids in found.items()} == FORM_IDS


def test_labels_are_the_text_between_start_and_end():
    _, labels = prepared().data_val[0]
    text = FORMS[5].lines[0].text
    assert FORMS[5].id == "c01-014"
    assert labels[0] == START
    assert labels[len(text) + 1] == END
    assert (labels[len(text) + 2 :] == PADDING).all()
    assert labels.tolist() == encode(text, 89, with_start_end_tokens=True)


def test_the_longest_line_of_iam_fits(source):
    with_forms(source, form_with("x" * 87))
    assert texts_of(prepared().data_train)[0] == "x" * 87


def test_an_image_shows_its_line_in_white_on_black(source):
    with_forms(source, form_with(box=(30, 100, 300, 40), form_id="c01-014"))
    image, _ = prepared().data_val[0]
    page = np.zeros((56, 316), dtype=np.uint8)  # eight pixels of paper on each side
    page[8:48, 8:308] = 255
    np.testing.assert_allclose(image[0].numpy() * 255, fit_to_canvas(page, 0), atol=8)  # JPEG is not exact


def test_grey_paper_goes_on_beside_the_line_and_beyond_the_page(source):
    with_forms(source, form_with(box=(0, 0, 300, 40), form_id="c01-014", paper=205))
    image = (prepared().data_val[0][0][0] * 255).round().numpy()
    assert image[20, 100] > 240
    for part in (image[:3], image[:, :34], image[:, -500:]):
        np.testing.assert_allclose(part, 50, atol=6)


def test_validation_and_test_images_are_only_scaled():
    data = prepared()
    with h5py.File(iam_lines.PREPARED_FILENAME) as file:
        for split in ("val", "test"):
            for (image, _), stored in zip(splits(data)[split], file[f"x_{split}"], strict=True):
                np.testing.assert_array_equal((image[0] * 255).round().byte().numpy(), stored)
        first = file["x_val"][0]
    left, top, right, bottom = IAM().form("c01-014").lines[0].region
    cut = 255 - IAM().image("c01-014")[top:bottom, left:right]
    np.testing.assert_array_equal(first, fit_to_canvas(cut, 0))


def test_training_images_change_from_epoch_to_epoch_and_labels_do_not():
    data = prepared(batch_size=8)
    first, second = epochs(data)
    assert not set(first) & set(second)
    assert texts_of(data.data_train) == texts_of(prepared(augment=False).data_train)


@pytest.mark.parametrize("num_workers", [0, 2])
def test_the_same_seed_gives_the_same_images_whatever_the_number_of_workers(num_workers):
    expected = epochs(prepared(batch_size=8), num=3)
    assert epochs(prepared(batch_size=8, num_workers=num_workers), num=3) == expected


def test_another_seed_gives_other_images():
    first = prepared().data_train[0][0]
    seed_everything(2, verbose=False)
    data = IAMLines()
    data.setup()
    assert not torch.equal(data.data_train[0][0], first)


def test_each_training_image_is_changed_in_its_own_way(source):
    with_forms(source, form_with(form_id="a01-003"), form_with(form_id="b01-009"))
    images = {augment: [image for image, labels in prepared(augment=augment).data_train] for augment in (False, True)}
    twins = [i for i, text in enumerate(texts_of(prepared().data_train)) if text == "a line"]
    assert len(twins) == 2
    assert torch.equal(*(images[False][i] for i in twins))
    assert not torch.equal(*(images[True][i] for i in twins))


def test_training_batches_are_shuffled_anew_and_have_each_line_once():
    data = prepared(batch_size=8)
    loader = data.train_dataloader()
    orders = [[tuple(labels.tolist()) for _, batch in loader for labels in batch] for _ in range(2)]
    in_order = [tuple(labels.tolist()) for _, labels in data.data_train]
    assert orders[0] != orders[1]
    assert in_order not in orders
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(in_order)


def test_without_augmentation_training_images_stay_the_same():
    data = prepared(augment=False)
    first, second = epochs(data)
    assert first == second
    with h5py.File(iam_lines.PREPARED_FILENAME) as file:
        np.testing.assert_array_equal((data.data_train[3][0][0] * 255).round().byte().numpy(), file["x_train"][3])


def test_what_is_to_be_memorised_stays_the_same():
    data = IAMLines(batch_size=8)
    data.prepare_data()
    data.validates_on_train = True
    data.setup()
    first, second = epochs(data)
    assert first == second


BROKEN = {  # what is wrong: the first form, what the error says
    "letter outside the vocabulary": (form_with("naïve £5"), "line a01-000u-00: .*outside the vocabulary: '£' 'ï'"),
    "text too long": (form_with("x" * 88), "line a01-000u-00: .*makes 90 labels: expected 89 at most"),
    "box beyond the page": (form_with(box=(30, 400, 300, 30)), "line a01-000u-00: .*beyond the page of 620 x 300"),
}


@pytest.mark.parametrize("wrong", BROKEN)
def test_a_line_that_cannot_be_used_is_named_and_nothing_is_made(source, wrong):
    form, expected = BROKEN[wrong]
    with_forms(source, form)
    with pytest.raises(UserError, match=expected) as caught:
        IAMLines().prepare_data()
    assert str(source) in str(caught.value)
    assert list(iam_lines.PREPARED_FILENAME.parent.glob("*")) == []


def test_a_doubtful_line_may_say_what_it_likes(source):
    form = form_with("naïve £5")
    form.lines[0].segmentation = "err"
    with_forms(source, form)
    assert len(prepared().data_train) == 25


def test_a_line_whose_ink_is_erased_is_left_out_and_counted(source, capsys):
    form = form_with()
    form.lines.append(SmallLine("nothing is here", [[(30, 120, 300, 30)]]))
    with_forms(source, form)
    texts = texts_of(prepared(augment=False).data_train)
    assert "a line" in texts
    assert "nothing is here" not in texts
    assert "1 whose ink is not in their box" in capsys.readouterr().out


def test_a_split_without_certain_lines_is_an_error(source):
    empty = [form_with(form_id=form_id) for form_id in LISTS["testset"]]
    empty[0].lines[0].segmentation, empty[1].lines[0].words = "err", []
    with_forms(source, *empty)
    with pytest.raises(UserError, match="none of the 2 test forms has a line whose place is certain"):
        IAMLines().prepare_data()


def test_what_is_left_out_is_counted_and_the_licence_printed_once(source, capsys):
    with_forms(source, form_with(box=(5, 20, 610, 4), form_id="a01-003"), *FORMS[:1])
    prepared()
    printed = capsys.readouterr().out
    assert "IAM subset (10 of 1,539 forms)" in printed
    assert "non-commercial research only" in printed
    assert "24 lines of 6 forms, 1 of them drawn smaller to fit" in printed
    assert "left out: 1 with a doubtful box, 1 without a box" in printed
    prepared()
    assert "non-commercial" not in capsys.readouterr().out


def test_the_source_says_that_it_is_a_subset():
    assert "IAM subset (10 of 1,539 forms)" in prepared().source
    assert "28 training, 10 validation, 10 test examples" in str(prepared())


def date():
    return iam_lines.PREPARED_FILENAME.stat().st_mtime_ns


def test_what_is_prepared_is_not_prepared_again(source):
    prepared()
    first = date()
    os.utime(source, ns=(1, 1))
    prepared()
    assert date() == first


def test_another_zip_is_prepared_again(source):
    first = texts_of(prepared().data_val)
    with_forms(source, form_with("something else", form_id="c01-014"))
    assert texts_of(prepared().data_val) == ["something else", *first[5:]]


def test_other_settings_are_prepared_again(monkeypatch):
    prepared()
    first = date()
    monkeypatch.setattr(iam_lines, "SETTINGS", iam_lines.SETTINGS | {"version": 99})
    prepared()
    assert date() != first
    assert json.loads(iam_lines.made_from_of(iam_lines.PREPARED_FILENAME))["version"] == 99


def test_when_all_is_prepared_the_zip_may_go(source):
    first = texts_of(prepared().data_train)
    source.unlink()
    assert texts_of(prepared().data_train) == first


def test_a_damaged_prepared_file_is_made_again(source, capsys):
    first = texts_of(prepared().data_train)
    iam_lines.PREPARED_FILENAME.write_bytes(iam_lines.PREPARED_FILENAME.read_bytes()[:2000])
    assert texts_of(prepared().data_train) == first
    assert "is damaged and is made again" in capsys.readouterr().out


def test_an_interruption_leaves_nothing(monkeypatch):
    def interrupted(*rest):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(iam_lines, "fit_to_canvas", interrupted)
        with pytest.raises(KeyboardInterrupt):
            IAMLines().prepare_data()
    assert list(iam_lines.PREPARED_FILENAME.parent.glob("*")) == []
    assert len(prepared().data_train) == 28


@pytest.mark.parametrize("action", [IAMLines.download, IAMLines.prepare_data])
def test_without_iam_the_error_says_what_the_licence_is_and_where_to_put_it(source, action):
    source.unlink()
    with pytest.raises(UserError) as caught:
        action(IAMLines())
    for part in ("iamdb.zip is missing", "non-commercial research only", str(source.parent)):
        assert part in str(caught.value)


def test_printing_before_preparing_says_what_to_do():
    assert "not loaded" in str(IAMLines())
    assert "is missing: make it with prepare_data()" in str(IAMLines())
