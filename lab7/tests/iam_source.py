"""Points the lab to an iamdb.zip of a test's own, with forms by several writers."""

import numpy as np
from PIL import Image
from pytorch_lightning import seed_everything

from tests.small_iam import LISTS, UNLISTED, SmallForm, SmallLine, files_of, make_forms, write_zip
from text_recognizer.data import iam, iam_paragraphs, iam_synthetic_paragraphs
from text_recognizer.vocabulary import tokenizer_of

FORM_IDS = {
    "train": sorted([*LISTS["trainset"], UNLISTED]),
    "val": ["c01-014", "d01-016"],
    "test": ["e01-022", "e01-026"],
}


def forms_by_writers():
    """Return the small forms; those whose ids begin alike have one writer, and no two lines say the same."""
    forms = make_forms()
    for i, form in enumerate(forms):
        form.writer_id = form.id[:3]
        for k, line in enumerate(form.lines):
            line.text = f"{line.text} {i}{k}"
    return forms


FORMS = forms_by_writers()
TEXTS = {form.id: [line.text for line in form.lines] for form in FORMS}


def use_source(tmp_path, monkeypatch):
    """Write the small IAM into a directory of the test's own, and return its file name."""
    filename = tmp_path / "iam" / "iamdb.zip"
    filename.parent.mkdir()
    prepared_filename = tmp_path / "processed" / "paragraphs.h5"
    monkeypatch.setattr(iam, "ZIP_FILENAME", filename)
    monkeypatch.setattr(iam, "UNPACKED_DIRNAME", filename.with_suffix(""))
    monkeypatch.setattr(iam_paragraphs, "PREPARED_FILENAME", prepared_filename)
    monkeypatch.setattr(iam_synthetic_paragraphs, "PREPARED_FILENAME", prepared_filename)
    write_zip(filename, files_of(FORMS))
    return filename


def with_forms(source, *changed):
    """Write the small IAM with other forms in place of those with the same ids."""
    by_id = {form.id: form for form in FORMS} | {form.id: form for form in changed}
    write_zip(source, files_of(list(by_id.values())))


def form_of_bars(form_id, boxes, texts=None, paper=255, size=(620, 300), writer_id="bar", ink=0):
    """Draw a form whose lines are black bars (x, y, width, height), in pixels of the image."""
    pixels = np.full(size[::-1], paper, dtype=np.uint8)
    for x, y, width, height in boxes:
        pixels[max(0, y) : y + height, max(0, x) : x + width] = ink
    texts = texts or [f"bar {i}" for i in range(len(boxes))]
    lines = [SmallLine(text, [[box]]) for text, box in zip(texts, boxes, strict=True)]
    return SmallForm(form_id, Image.fromarray(pixels), lines, writer_id)


def prepared(data_class, seed=1, **settings):
    """Return a data module that is ready."""
    seed_everything(seed, verbose=False)
    data = data_class(**settings)
    data.prepare_data()
    data.setup()
    return data


def text_of(data, labels):
    """Return the text of a row of labels."""
    return tokenizer_of(data.config()).decode(labels)


def texts_of(data, dataset):
    """Return the texts of a data set."""
    return [text_of(data, labels) for _, labels in dataset]
