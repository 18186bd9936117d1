"""Pages are found in all that people throw at a reader, and files made from them have names of their own."""

import io
import sys
import zipfile

import pytest
from PIL import Image

from text_recognizer.documents import page_source
from text_recognizer.documents.find_pages import find_pages
from text_recognizer.documents.page_numbers import PageNumbers
from text_recognizer.util import UserError


def picture(grey=200, size=(30, 20)):
    return Image.new("L", size, grey)


def bytes_of(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def tiff(*greys):
    first, *others = map(picture, greys)
    return bytes_of(first, "TIFF", save_all=True, append_images=others)


@pytest.fixture(autouse=True)
def nothing_is_kept():
    page_source.read_stdin.cache_clear()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "box" / "deep").mkdir(parents=True)
    (tmp_path / "box" / ".hidden").mkdir()
    picture().save(tmp_path / "box" / "b.png")
    picture().save(tmp_path / "box" / "deep" / "A.JPG")
    picture().save(tmp_path / "box" / ".hidden" / "c.png")
    (tmp_path / "box" / "notes.txt").write_text("not a page")
    (tmp_path / "box" / "letters.tif").write_bytes(tiff(10, 20, 30))
    return tmp_path / "box"


def test_a_folder_is_searched_with_those_in_it_and_nothing_is_skipped_in_silence(folder):
    found = find_pages([str(folder)])
    assert [page.output for page in found.pages] == ["b", "deep/A", *(f"letters/page_{i}" for i in (1, 2, 3))]
    assert found.pages[-1].name == f"{folder / 'letters.tif'}, page 3"
    assert (
        found.notice == f"left out, because their names do not end like pictures or documents: {folder / 'notes.txt'}"
    )


def test_each_page_of_a_tiff_is_opened(folder):
    pages = find_pages([str(folder / "letters.tif")]).pages
    assert [page.open_picture().getpixel((0, 0)) for page in pages] == [10, 20, 30]


def test_pages_are_chosen_by_number_and_single_pictures_are_their_first(folder):
    pages = find_pages([str(folder)], PageNumbers.parse("1-2")).pages
    assert [page.output for page in pages] == ["b", "deep/A", "letters/page_1", "letters/page_2"]
    with pytest.raises(UserError, match="it has none of the pages in --pages"):
        find_pages([str(folder / "b.png")], PageNumbers.parse("2"))


def test_a_zip_archive_is_read_without_unpacking_it(tmp_path):
    with zipfile.ZipFile(tmp_path / "scans.zip", "w") as archive:
        archive.writestr("b/one.png", bytes_of(picture(50)))
        archive.writestr("../../evil.png", bytes_of(picture(60)))
        archive.writestr("two.tif", tiff(70, 80))
        archive.writestr("__MACOSX/._one.png", b"")
        archive.writestr("list.txt", b"")
    found = find_pages([str(tmp_path / "scans.zip")])
    assert [page.output for page in found.pages] == ["evil", "b/one", "two/page_1", "two/page_2"]
    assert [page.open_picture().getpixel((0, 0)) for page in found.pages] == [60, 50, 70, 80]
    assert found.pages[1].name == f"{tmp_path / 'scans.zip'}/b/one.png"
    assert found.left_out == [f"{tmp_path / 'scans.zip'}/list.txt"]


def test_a_broken_member_of_an_archive_fails_alone(tmp_path):
    with zipfile.ZipFile(tmp_path / "scans.zip", "w") as archive:
        archive.writestr("a.png", bytes_of(picture()))
        archive.writestr("b.png", bytes_of(picture(9, (200, 200))))
    content = bytearray((tmp_path / "scans.zip").read_bytes())
    content[60] ^= 255  # in the bytes of a.png
    (tmp_path / "scans.zip").write_bytes(content)
    one, other = find_pages([str(tmp_path / "scans.zip")]).pages
    with pytest.raises(UserError, match=r"scans.zip/a.png: cannot be unpacked"):
        one.open()
    assert other.open_picture().size == (200, 200)


def test_archives_in_folders_are_read_as_folders(folder):
    with zipfile.ZipFile(folder / "deep" / "more.zip", "w") as archive:
        archive.writestr("x/a.png", bytes_of(picture(7)))
    assert "deep/more/x/a" in [page.output for page in find_pages([str(folder)]).pages]


@pytest.mark.parametrize("content", [bytes_of(picture(90)), tiff(90, 91)])
def test_standard_input_is_read_once(content, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    pages = find_pages(["-"]).pages
    assert pages[0].open_picture().getpixel((0, 0)) == 90
    assert pages[-1].open_picture().getpixel((0, 0)) == 90 + len(pages) - 1
    assert pages[0].name.startswith("standard input")


def test_an_archive_may_come_through_standard_input(monkeypatch):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.png", bytes_of(picture(5)))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(file.getvalue())))
    (page,) = find_pages(["-"]).pages
    assert (page.open_picture().getpixel((0, 0)), page.output) == (5, "a")


def test_files_whose_outputs_would_clash_keep_their_endings(tmp_path):
    for name in ("a.png", "a.jpg", "b.png"):
        picture().save(tmp_path / name)
    assert [page.output for page in find_pages([str(tmp_path)]).pages] == ["a.jpg", "a.png", "b"]


def test_a_document_that_cannot_be_opened_is_a_page_that_tells_why(tmp_path):
    (tmp_path / "a.tif").write_bytes(tiff(1, 2)[:30])
    (tmp_path / "none.png").write_bytes(b"")
    (tmp_path / "broken.zip").write_bytes(b"PK\3\4broken")
    pages = find_pages([str(tmp_path)]).pages
    assert len(pages) == 3
    for page in pages:
        with pytest.raises(UserError, match=page.file):
            page.open()


def test_an_archive_of_a_version_that_nobody_knows_is_a_page_that_tells_why(tmp_path):
    with zipfile.ZipFile(tmp_path / "new.zip", "w") as archive:
        archive.writestr("a.png", bytes_of(picture()))
    content = bytearray((tmp_path / "new.zip").read_bytes())
    content[content.index(b"PK\1\2") + 6] = 139  # "version needed to extract", times ten
    (tmp_path / "new.zip").write_bytes(content)
    (page,) = find_pages([str(tmp_path)]).pages
    with pytest.raises(UserError, match=r"new\.zip"):
        page.open()


def test_a_page_that_changed_has_another_key(folder):
    (page,) = find_pages([str(folder / "b.png")]).pages
    before = page.key
    picture(size=(31, 20)).save(folder / "b.png")
    assert page.key != before


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.mkdir(), "no images in this folder"),
        (lambda path: zipfile.ZipFile(path, "w").writestr("a.txt", "") or None, "no images in this archive"),
    ],
)
def test_where_there_are_no_pages_it_says_so(make, message, tmp_path):
    make(tmp_path / "thing")
    with pytest.raises(UserError, match=message):
        find_pages([str(tmp_path / "thing")])


def test_a_resolution_must_be_one():
    with pytest.raises(UserError, match="--dpi=3: expected 10 to 1200"):
        find_pages(["a.png"], dpi=3)


@pytest.mark.extras
def test_heic_is_read_where_its_plug_in_is_installed(tmp_path):
    pytest.importorskip("pillow_heif", reason="the extra `documents` is not installed").register_heif_opener()
    picture(100, (64, 64)).convert("RGB").save(tmp_path / "a.heic")
    (page,) = find_pages([str(tmp_path)]).pages
    assert page.open_picture().convert("L").getpixel((9, 9)) == pytest.approx(100, abs=5)


def test_avif_is_read(tmp_path):
    picture(100, (64, 64)).save(tmp_path / "a.avif")
    (page,) = find_pages([str(tmp_path)]).pages
    assert page.open_picture().convert("L").getpixel((9, 9)) == pytest.approx(100, abs=5)
