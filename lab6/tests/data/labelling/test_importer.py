"""Importing labelled pages, whole and broken ones."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.own_pages import PAGE_SIZE, TEXTS, draw_page, polygon, rectangle, region, task, write_export, write_pages
from text_recognizer.data.labelling.importer import Import, import_export, open_page
from text_recognizer.data.storage.manifest import read_manifest, verify
from text_recognizer.util import UserError

BOX = (56, 86, 240, 36)


def rows_of(dirname):
    return [json.loads(row) for row in (dirname / "lines.jsonl").read_text().splitlines()]


def save(tmp_path, *tasks, name="broken.json"):
    write_pages(tmp_path / "pages")
    (tmp_path / name).write_text(json.dumps(list(tasks)))
    return tmp_path / name


@pytest.mark.parametrize("shape", [rectangle, polygon])
def test_an_export_of_label_studio_becomes_pictures_with_texts(tmp_path, shape):
    export = write_export(tmp_path / "pages", shape=shape)
    manifest = import_export(Import(export), tmp_path / "set")
    assert manifest.counts == {"lines": 6, "paragraphs": 0, "pages": 3, "writers": 3}
    rows = rows_of(tmp_path / "set")
    assert [row["text"] for row in rows] == [text for texts in TEXTS for text in texts]
    assert [row["writer"] for row in rows[::2]] == ["anna", "ben", "cleo"]
    for row in rows:
        picture = np.asarray(Image.open(tmp_path / "set" / row["image"]))
        assert abs(picture.shape[0] - 36) <= 1
        assert (picture < 128).any()
    assert verify(tmp_path / "set") == []


def test_rows_of_dataturks_are_read_too(tmp_path):
    write_pages(tmp_path, angles=(0, 0, 0))
    corners = [[56 / 500, 86 / 300], [296 / 500, 86 / 300], [296 / 500, 122 / 300], [56 / 500, 122 / 300]]
    annotation = {"label": ["line"], "notes": "One line", "points": corners, "imageWidth": 500, "imageHeight": 300}
    as_objects = annotation | {"points": [{"x": x, "y": y} for x, y in corners[2:] + corners[:2]]}
    rows = [
        {"content": "http://some.example/a/page1.png", "annotation": [annotation, as_objects], "extras": None},
        {"content": "http://some.example/a/page2.png", "annotation": [annotation | {"points": corners[::2]}]},
    ]
    (tmp_path / "old.json").write_text("\n".join(map(json.dumps, rows)) + "\n")
    assert import_export(Import(tmp_path / "old.json"), tmp_path / "set").counts["lines"] == 3
    first, again, *_ = [np.asarray(Image.open(tmp_path / "set" / row["image"])) for row in rows_of(tmp_path / "set")]
    assert first.shape == (36, 240)
    assert np.array_equal(first, again), "the first corner may be any"


def test_every_problem_is_listed_and_nothing_is_imported(tmp_path):
    outside = rectangle(BOX) | {"x": 80.0}
    tasks = [
        task("page1.png", [region("empty", rectangle(BOX), " "), region("odd", rectangle(BOX), "5 € each")]),
        task("page2.png", [region("far", outside, "text"), region("long", rectangle(BOX), "a" * 100)]),
        task("page2.png", [region("two", rectangle(BOX), "one\ntwo")]),
        task("page3.png", [region("turned", rectangle(BOX), "text", image_rotation=90)]),
        task("page9.png", [region("lost", rectangle(BOX), "text")]),
        {"data": {"image": "page1.png"}, "annotations": []},
        {"data": {}},
    ]
    with pytest.raises(UserError, match="9 problems, so nothing is imported") as error:
        import_export(Import(save(tmp_path, *tasks), images=tmp_path / "pages"), tmp_path / "set")
    for row in (
        "0a1b2c3d-page1.png, region empty: the text is empty",
        "region odd: '5 € each' has characters outside the vocabulary: '€'",
        "region far: the box lies outside the page: 80 % to 128 % across",
        "region long: a line has 100 characters: expected 87",
        "region two: its text has 2 lines: expected one, or the label Paragraph",
        "region turned: the picture was turned by 90 degrees",
        "region lost: its picture is missing: expected 0a1b2c3d-page9.png or page9.png in",
        "page1.png: nobody has labelled it",
        "task 7: names no picture",
    ):
        assert row in str(error.value)
    assert not (tmp_path / "set").exists()


def test_what_has_no_problem_is_imported_when_that_is_asked_for(tmp_path, capsys):
    tasks = [task("page1.png", [region("good", rectangle(BOX), "One line"), region("empty", rectangle(BOX), "")])]
    what = Import(save(tmp_path, *tasks), images=tmp_path / "pages", writer="ben", leave_out_problems=True)
    assert import_export(what, tmp_path / "set").counts["lines"] == 1
    assert rows_of(tmp_path / "set")[0]["writer"] == "ben"
    assert "left out: 0a1b2c3d-page1.png, region empty" in capsys.readouterr().out


def test_a_picture_that_lies_on_its_side_is_turned_as_its_exif_says(tmp_path):
    page, _ = draw_page(TEXTS[0])
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned clockwise by a quarter
    page.rotate(90, expand=True).save(tmp_path / "side.png", exif=exif)
    assert np.array_equal(open_page(tmp_path / "side.png"), np.asarray(page))


def test_a_blackboard_is_turned_into_ink_on_paper(tmp_path):
    page = np.full((40, 60), 20, dtype=np.uint8)
    page[10:20, 10:20] = 250
    Image.fromarray(page).save(tmp_path / "board.png")
    assert np.median(open_page(tmp_path / "board.png")) == 235


def test_a_picture_of_another_shape_than_was_labelled_is_refused_and_a_smaller_copy_is_not(tmp_path):
    one = task("page1.png", [region("r", rectangle(BOX), "One line")])
    export = save(tmp_path, one)
    page = Image.open(tmp_path / "pages" / "page1.png")
    page.resize((250, 150)).save(tmp_path / "pages" / "page1.png")
    import_export(Import(export, images=tmp_path / "pages"), tmp_path / "set")
    assert Image.open(tmp_path / "set" / rows_of(tmp_path / "set")[0]["image"]).size == (120, 18)
    page.resize((300, 500)).save(tmp_path / "pages" / "page1.png")
    open_page.cache_clear()
    with pytest.raises(UserError, match=rf"the picture is 300 x 500, but was labelled as \({PAGE_SIZE[0]}, 300\)"):
        import_export(Import(export, images=tmp_path / "pages"), tmp_path / "other")


def test_a_region_with_the_label_paragraph_keeps_its_lines(tmp_path):
    one = task("page1.png", [region("p", rectangle((50, 80, 260, 110)), "One line\nand another", "Paragraph")])
    assert (
        import_export(Import(save(tmp_path, one), images=tmp_path / "pages"), tmp_path / "set").counts["paragraphs"]
        == 1
    )
    assert rows_of(tmp_path / "set")[0]["text"] == "One line\nand another"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no pages in it"),
        ("[]", "no pages in it"),
        ("no json", "neither JSON nor rows of JSON"),
        ('[{"data": {"image": "a.png"}, "annotations": [{"result": [{"type": "choices"}]}]}]', "cannot be read"),
    ],
)
def test_what_is_no_export_is_refused(tmp_path, text, message):
    (tmp_path / "export.json").write_text(text)
    with pytest.raises(UserError, match=message):
        import_export(Import(tmp_path / "export.json"), tmp_path / "set")
    assert not (tmp_path / "set").exists()


def test_the_manifest_tells_where_the_set_comes_from(tmp_path):
    export = write_export(tmp_path / "pages")
    import_export(Import(export, licence="CC0"), tmp_path / "set", parent="abc")
    manifest = read_manifest(tmp_path / "set")
    assert (manifest.licence, manifest.parent) == ("CC0", "abc")
    assert manifest.source.startswith("export.json, SHA-256 ")


def test_what_label_studio_itself_exports_is_read(tmp_path):
    """The file is an export of Label Studio 1.21.0, labelled with data/raw/own_handwriting/labelling.xml."""
    export = Path(__file__).with_name("label_studio_1_21.json")
    write_pages(tmp_path / "pages")
    import_export(Import(export, images=tmp_path / "pages"), tmp_path / "set")
    rows = rows_of(tmp_path / "set")
    assert [row["text"] for row in rows] == [text for texts in TEXTS for text in texts]
    assert {row["writer"] for row in rows} == {"anna", "ben", "cleo"}
    by_hand = import_export(Import(write_export(tmp_path / "pages")), tmp_path / "by_hand")
    assert by_hand.counts == read_manifest(tmp_path / "set").counts
    for row, other in zip(rows, rows_of(tmp_path / "by_hand"), strict=True):
        pictures = [Image.open(tmp_path / name / found["image"]) for name, found in (("set", row), ("by_hand", other))]
        assert np.abs(np.subtract(pictures[0].size, pictures[1].size)).max() <= 1
