"""Paragraphs of one's own handwriting."""

import json

import pytest

from tests.own_pages import TEXTS, rectangle, region, task, write_pages
from text_recognizer.data import OwnHandwritingParagraphs, own_handwriting, own_handwriting_paragraphs
from text_recognizer.data.own_handwriting_paragraphs import LINE_DISTANCE
from text_recognizer.data.paragraphs.canvas import MARGIN, PARAGRAPH_TOKENIZER
from text_recognizer.util import UserError


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    monkeypatch.setattr(own_handwriting, "SETS_DIRNAME", tmp_path / "own")
    monkeypatch.setattr(own_handwriting_paragraphs, "PREPARED_FILENAME", tmp_path / "processed" / "paragraphs.h5")


def import_pages(tmp_path, label):
    write_pages(tmp_path / "pages", angles=(0, 0, 0))
    box = rectangle((50, 80, 260, 110))
    tasks = [
        task(f"page{i}.png", [region("p", box, ("\n" if label == "Paragraph" else " ").join(texts), label)], writer)
        for i, (texts, writer) in enumerate(zip(TEXTS, ("anna", "ben", "cleo"), strict=True), start=1)
    ]
    (tmp_path / "pages" / "export.json").write_text(json.dumps(tasks))
    own_handwriting.main(["import", str(tmp_path / "pages" / "export.json")])


def test_paragraphs_come_with_their_lines_at_the_scale_of_iam(tmp_path):
    import_pages(tmp_path, "Paragraph")
    data = OwnHandwritingParagraphs(augment=False)
    data.prepare_data()
    data.setup()
    examples = [dataset[0] for dataset in (data.data_train, data.data_val, data.data_test)]
    assert {PARAGRAPH_TOKENIZER.decode(target.tolist()) for _, target in examples} == {
        "\n".join(texts) for texts in TEXTS
    }
    image, _ = examples[0]
    assert image.shape == data.input_dims
    rows = (image[0] > 0.5).any(dim=1).nonzero()
    assert rows.min() >= MARGIN
    assert rows.max() <= MARGIN + 2 * LINE_DISTANCE
    assert OwnHandwritingParagraphs(augment=True).augmentation()


def test_a_set_without_paragraphs_is_refused(tmp_path):
    import_pages(tmp_path, "Line")
    with pytest.raises(UserError, match="has no paragraphs: expected regions with the label Paragraph"):
        OwnHandwritingParagraphs().prepare_data()
