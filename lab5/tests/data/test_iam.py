import numpy as np
import pytest
from PIL import Image

from tests.small_iam import (
    LISTS,
    UNLISTED,
    SmallForm,
    SmallLine,
    files_of,
    image_bytes,
    make_forms,
    one_box,
    write_directory,
    write_zip,
    xml_of,
)
from text_recognizer.data import IAM, iam
from text_recognizer.images.regions import crop
from text_recognizer.util import UserError

FORMS = make_forms()
FILES = files_of(FORMS)
FIRST = FORMS[0].id


@pytest.fixture(autouse=True)
def source(tmp_path, monkeypatch):
    filename = tmp_path / "iam" / "iamdb.zip"
    filename.parent.mkdir()
    monkeypatch.setattr(iam, "ZIP_FILENAME", filename)
    monkeypatch.setattr(iam, "UNPACKED_DIRNAME", filename.with_suffix(""))
    return filename


def loaded(source, **changed):
    """Load the small IAM with other contents of some files; None takes a file away."""
    files = FILES | {name.replace("__", "/"): content for name, content in changed.items()}
    write_zip(source, {name: content for name, content in files.items() if content is not None})
    return IAM()


def form_of_rectangles(rows):
    """Draw a form whose lines are rectangles, each of a grey of its own: {grey: (x, y, width, height)}."""
    pixels = np.full((300, 620), 255, dtype=np.uint8)
    for grey, (x, y, width, height) in rows.items():
        pixels[y : y + height, x : x + width] = grey
    lines = [SmallLine(f"line {grey}", [[box]]) for grey, box in rows.items()]
    return SmallForm(FIRST, Image.fromarray(pixels), lines)


def with_first(form, **changed):
    return {f"xml/{FIRST}.xml": xml_of(form), f"forms/{FIRST}.jpg": image_bytes(form.page, "png")} | changed


def test_forms_lines_and_texts_are_those_of_the_files(source):
    data = loaded(source)
    assert data.form_ids == sorted(form.id for form in FORMS)
    for form in FORMS:
        lines = data.form(form.id).lines
        assert [line.text for line in lines] == [line.text for line in form.lines]
        assert [line.id for line in lines] == [f"{form.id}-{i:02}" for i in range(5)]
    assert data.form(FIRST).writer_id == "000"


def test_quotation_marks_that_were_escaped_twice_are_quotation_marks(source):
    assert b"&amp;quot;no&amp;quot;" in FILES[f"xml/{FIRST}.xml"]
    assert loaded(source).form(FIRST).lines[0].text == 'He said "no" and left'


def test_an_image_is_upright_grey_with_dark_ink(source):
    page = loaded(source).image(FIRST)
    assert page.shape == (300, 620)
    assert page.dtype == np.uint8
    assert np.median(page) == 255
    assert page.min() < 30


@pytest.mark.parametrize("shape", [list, one_box], ids=["many words and strokes", "one box a line"])
def test_a_box_goes_around_all_strokes_of_its_line(source, shape):
    forms = shape(FORMS)
    write_zip(source, files_of(forms))
    assert len(forms[1].lines[0].words) == (1 if shape is one_box else 5)
    for form in FORMS[1:]:
        for line, drawn in zip(IAM().form(form.id).lines, form.lines, strict=True):
            strokes = np.array([stroke for word in drawn.words for stroke in word])
            assert line.box == (
                *strokes[:, :2].min(axis=0),
                *(strokes[:, :2] + strokes[:, 2:]).max(axis=0),
            )


def test_the_order_of_strokes_does_not_matter(source):
    strokes = [(100, 40, 50, 20), (30, 50, 10, 30), (200, 45, 60, 10)]
    line = SmallLine("one", [strokes[:2], strokes[2:]])
    form = SmallForm(FIRST, FORMS[0].page, [line])
    assert loaded(source, **with_first(form)).form(FIRST).lines[0].box == (30, 40, 260, 80)


def test_odd_coordinates_are_rounded_outwards(source):
    xml = FILES[f"xml/{FIRST}.xml"].decode()
    start, end = xml.index("<word"), xml.index("</line>")
    odd = xml[:start] + '<word><cmp x="101" y="53" width="200" height="40"/></word>' + xml[end:]
    assert loaded(source, **{f"xml/{FIRST}.xml": odd.encode()}).form(FIRST).lines[0].box == (50, 26, 151, 47)


@pytest.mark.parametrize("shape", [list, one_box], ids=["many words and strokes", "one box a line"])
def test_a_crop_shows_all_of_its_line_and_nothing_of_another(source, shape):
    rows = {10: (40, 20, 300, 30), 60: (2, 60, 500, 30), 110: (300, 91, 318, 30), 160: (30, 200, 5, 98)}
    (form,) = shape([form_of_rectangles(rows)])
    data = loaded(source, **with_first(form))
    page = data.image(FIRST)
    for (grey, (_, _, width, height)), line in zip(rows.items(), data.form(FIRST).lines, strict=True):
        found = crop(page, line.region, paper=255)
        assert set(np.unique(found)) == {grey, 255}
        assert (found == grey).sum() == width * height
        assert (found[:, [0, 7, -8, -1]] == 255).all()


def test_doubtful_lines_are_kept_and_marked(source):
    assert [line.is_err for line in loaded(source).form(FIRST).lines] == [False, True, False, False, False]


def test_a_line_without_strokes_is_kept_without_a_box(source):
    line = loaded(source).form(FIRST).lines[2]
    assert line.text == FORMS[0].lines[2].text
    assert line.box is None
    assert line.region is None


@pytest.mark.parametrize(
    ("size", "width", "expected"),
    [
        ((620, 300), "1240", 2),
        ((620, 300), "1239", 2),
        ((620, 300), "1241", 2),
        ((1240, 600), "1240", 1),
        ((310, 150), "1240", 4),
        ((620, 300), None, 2),
    ],
)
def test_the_scale_is_that_of_the_image(source, size, width, expected):
    page = FORMS[0].page.resize(size)
    attribute = b"" if width is None else f' width="{width}"'.encode()
    xml = FILES[f"xml/{FIRST}.xml"].replace(b' width="1240" height="600">', attribute + b">", 1)
    data = loaded(source, **{f"xml/{FIRST}.xml": xml, f"forms/{FIRST}.jpg": image_bytes(page)})
    assert data.scale == expected
    left, top, right, bottom = data.form(FIRST).lines[0].box
    part = np.asarray(page)[top:bottom, left:right]
    assert part.min() < 128 <= np.asarray(page)[:, : left - 1].min()


def test_splits_are_those_of_the_lists(source):
    assert loaded(source).splits == {
        "train": sorted([*LISTS["trainset"], UNLISTED]),
        "val": ["c01-014", "d01-016"],
        "test": ["e01-022", "e01-026"],
    }


def test_splits_are_disjoint_and_whole(source):
    data = loaded(source)
    form_ids = [form_id for split in data.splits.values() for form_id in split]
    assert len(form_ids) == len(set(form_ids))
    assert sorted(form_ids) == data.form_ids


def test_the_order_of_the_files_does_not_matter(source):
    first = loaded(source)
    splits, boxes = first.splits, [line.box for line in first.form(FIRST).lines]
    write_zip(source, dict(reversed(FILES.items())))
    again = IAM()
    assert again.splits == splits
    assert again.form_ids == first.form_ids
    assert [line.box for line in again.form(FIRST).lines] == boxes


@pytest.mark.parametrize(
    ("one", "other"),
    [("trainset", "testset"), ("trainset", "validationset2"), ("validationset1", "validationset2")],
)
def test_a_form_in_two_lists_is_an_error(source, one, other):
    both = LISTS | {other: [*LISTS[other], LISTS[one][0]]}
    write_zip(source, files_of(FORMS, both))
    with pytest.raises(UserError, match=f"form {LISTS[one][0]} is in {one}.txt and in {other}.txt"):
        _ = IAM().splits


def test_ids_of_forms_that_are_not_there_are_passed_over(source):
    lists = {name: [*form_ids, f"z{i}-999"] for i, (name, form_ids) in enumerate(LISTS.items())}
    write_zip(source, files_of(FORMS, lists))
    assert IAM().splits == loaded(source).splits


def test_a_split_without_forms_is_an_error(source):
    with pytest.raises(UserError, match=r"no forms for test: expected ids of its forms in task/testset\.txt"):
        _ = loaded(source, **{"task/testset.txt": b"z01-000-00\n"}).splits


def summary_of(data):
    lines = [line for form_id in data.form_ids for line in data.form(form_id).lines]
    return data.splits, lines, [data.image(form_id).sum() for form_id in data.form_ids]


@pytest.mark.parametrize("prefix", ["iamdb/", ""])
def test_a_zip_with_or_without_its_directory_and_an_unpacked_one_are_read_alike(source, prefix):
    expected = summary_of(loaded(source))
    write_zip(source, FILES, prefix)
    assert summary_of(IAM()) == expected
    source.unlink()
    write_directory(source.with_suffix("") / prefix, FILES)
    assert summary_of(IAM()) == expected


def test_png_images_and_files_of_other_systems_are_no_trouble(source):
    png = {f"forms/{form.id}.png": image_bytes(form.page, "png") for form in FORMS}
    jpg = {f"forms/{form.id}.jpg": None for form in FORMS}
    hidden = {"xml/._a01-000u.xml": b"\0", "forms/Thumbs.db": b"\0", "ascii/lines.txt": b"\0"}
    data = loaded(source, **png, **jpg, **hidden)
    assert data.form_ids == sorted(form.id for form in FORMS)
    np.testing.assert_array_equal(data.image(FIRST), np.asarray(FORMS[0].page))


def test_a_document_type_is_no_trouble(source):
    xml = FILES[f"xml/{FIRST}.xml"].replace(b"<form", b'<!DOCTYPE form SYSTEM "form.dtd"><form', 1)
    assert len(loaded(source, **{f"xml/{FIRST}.xml": xml}).form(FIRST).lines) == 5


def test_a_part_of_iam_is_called_a_subset(source, monkeypatch):
    data = loaded(source)
    assert data.name == "IAM subset (10 of 1,539 forms)"
    assert str(data) == f"IAM subset (10 of 1,539 forms): 6 train, 2 val, 2 test forms, in {source}"
    monkeypatch.setattr(iam, "NUM_FORMS", 10)
    assert data.name == "IAM"


def test_the_users_own_zip_is_used_and_its_hash_printed(source, capsys):
    loaded(source)
    assert f"{source}: not the official file, used as it is (SHA-256 " in capsys.readouterr().out


def test_the_ancestors_zip_is_known_by_the_ends_of_its_hash(source, capsys, monkeypatch):
    monkeypatch.setattr(iam, "METADATA", iam.METADATA | {"sha256_begins": "", "sha256_ends": ""})
    loaded(source)
    assert capsys.readouterr().out == ""


def test_without_iam_the_error_says_what_the_licence_is_and_where_to_put_it(source):
    with pytest.raises(UserError) as caught:
        IAM()
    for part in ("iamdb.zip is missing", "non-commercial research only", "https://", str(source.parent)):
        assert part in str(caught.value)


BOMB = b'<!DOCTYPE form [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><form id="x">&b;</form>'
FIRST_XML = FILES[f"xml/{FIRST}.xml"]
FIRST_JPG = FILES[f"forms/{FIRST}.jpg"]
BROKEN = {  # what is wrong: changed files, what the error says
    "xml cut in half": ({f"xml/{FIRST}.xml": FIRST_XML[: len(FIRST_XML) // 2]}, f"xml/{FIRST}.xml is not the XML"),
    "xml empty": ({f"xml/{FIRST}.xml": b""}, f"xml/{FIRST}.xml is not the XML"),
    "xml is a web page": ({f"xml/{FIRST}.xml": b"<html><p>gone</html>"}, f"xml/{FIRST}.xml is not the XML"),
    "xml with entities": ({f"xml/{FIRST}.xml": BOMB}, f"xml/{FIRST}.xml is not the XML.*EntitiesForbidden"),
    "xml of an unknown encoding": (
        {f"xml/{FIRST}.xml": FIRST_XML.replace(b"ISO-8859-1", b"nonsense")},
        f"xml/{FIRST}.xml is not the XML",
    ),
    "xml of something else": ({f"xml/{FIRST}.xml": b"<form/>"}, f"xml/{FIRST}.xml has no lines"),
    "line without text": (
        {f"xml/{FIRST}.xml": FIRST_XML.replace(b" text=", b" txt=")},
        "'a01-000u-00' has the text ''",
    ),
    "line without id": ({f"xml/{FIRST}.xml": FIRST_XML.replace(b"line id=", b"line name=")}, "line None has the text"),
    "stroke without width": (
        {f"xml/{FIRST}.xml": FIRST_XML.replace(b'" width="', b'" w="').replace(b' w="1240"', b' width="1240"')},
        "width of a cmp is None: expected a number",
    ),
    "stroke with a word for a number": (
        {f"xml/{FIRST}.xml": FIRST_XML.replace(b'cmp x="', b'cmp x="-')},
        "x of a cmp is '-.*': expected a number",
    ),
    "page width in words": (
        {f"xml/{FIRST}.xml": FIRST_XML.replace(b'width="1240"', b'width="wide"')},
        f"xml/{FIRST}.xml: width is 'wide'",
    ),
    "image missing": ({f"forms/{FIRST}.jpg": None}, f"lacks the images of {FIRST}: expected forms/{FIRST}.jpg"),
    "image cut in half": ({f"forms/{FIRST}.jpg": FIRST_JPG[: len(FIRST_JPG) // 2]}, "a broken image"),
    "image empty": ({f"forms/{FIRST}.jpg": b""}, "not an image"),
    "list missing": ({"task/validationset2.txt": None}, "lacks task/validationset2.txt"),
    "list is a web page": (
        {"task/testset.txt": b"<!DOCTYPE html>"},
        "testset.txt: '<!DOCTYPE' is not the id of a line",
    ),
    "list of forms": ({"task/testset.txt": b"e01-022\n"}, "'e01-022' is not the id of a line"),
    "list of bytes": ({"task/testset.txt": bytes(range(128, 256))}, "is not the id of a line"),
}


@pytest.mark.parametrize("wrong", BROKEN)
def test_a_broken_file_is_named(source, wrong):
    changed, expected = BROKEN[wrong]
    with pytest.raises(UserError, match=expected) as caught:
        summary_of(loaded(source, **changed))
    assert str(source) in str(caught.value)


def whole_zip(source):
    write_zip(source, FILES)
    return source.read_bytes()


BROKEN_ZIPS = {
    "cut in half": (lambda whole: whole[: len(whole) // 2], "truncated or corrupt"),
    "without its last byte": (lambda whole: whole[:-1], "truncated or corrupt"),
    "empty": (lambda whole: b"", "truncated or corrupt"),
    "no zip": (lambda whole: b"something else" * 100, "truncated or corrupt"),
    "corrupt within": (lambda whole: whole[:2000] + b"\xff" * 3000 + whole[5000:], "truncated or corrupt"),
    "web page": (lambda whole: b"<!DOCTYPE html><html>log in</html>", "HTML page"),
}


@pytest.mark.parametrize("wrong", BROKEN_ZIPS)
def test_a_broken_zip_is_named(source, wrong):
    change, expected = BROKEN_ZIPS[wrong]
    source.write_bytes(change(whole_zip(source)))
    with pytest.raises(UserError, match=expected) as caught:
        summary_of(IAM())
    assert str(source) in str(caught.value)


def test_another_zip_is_not_taken_for_iam(source):
    write_zip(source, {"matlab/emnist-byclass.mat": b""}, prefix="")
    with pytest.raises(UserError, match="is not IAM: expected the directories forms and xml"):
        IAM()


def test_a_zip_without_forms_is_an_error(source):
    write_zip(source, {"xml/readme.txt": b"", "forms/readme.txt": b"", "task/readme.txt": b""})
    with pytest.raises(UserError, match="holds no forms"):
        IAM()


def test_an_unpacked_directory_has_another_fingerprint_when_a_file_changes(source):
    dirname = source.with_suffix("")
    write_directory(dirname, FILES)
    first = IAM().fingerprint()
    assert IAM().fingerprint() == first
    (dirname / "task" / "testset.txt").write_text("e01-022-00\n")
    assert IAM().fingerprint() != first
