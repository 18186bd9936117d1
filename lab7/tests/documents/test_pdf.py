"""Pages of PDFs: drawn as large as asked for; broken and locked ones say so."""

import io

import numpy as np
import pytest
from PIL import Image

from text_recognizer.documents.find_pages import find_pages
from text_recognizer.documents.page_numbers import PageNumbers
from text_recognizer.util import UserError

pytestmark = pytest.mark.extras


@pytest.fixture
def letters(tmp_path):
    """Write a PDF of 11 pages of 1 x 2 inches, each of another grey."""
    pytest.importorskip("pypdfium2", reason="the extra `documents` is not installed")
    pages = [Image.new("L", (100, 200), 20 * i) for i in range(11)]
    pages[0].save(tmp_path / "letters.pdf", save_all=True, append_images=pages[1:], resolution=100)
    return tmp_path / "letters.pdf"


def test_each_page_is_drawn_at_the_resolution_that_was_asked_for(letters):
    pages = find_pages([str(letters)], dpi=50).pages
    assert [page.output for page in pages][:2] == ["letters/page_01", "letters/page_02"]
    picture, dpi = pages[4].open()
    assert (picture.size, dpi) == ((50, 100), 50)
    assert np.asarray(picture.convert("L")).mean() == pytest.approx(80, abs=2)


def test_pages_are_chosen(letters):
    found = find_pages([str(letters)], PageNumbers.parse("2,10-"))
    assert [page.number for page in found.pages] == [2, 10, 11]


def test_what_it_is_decides_and_not_how_it_ends(letters):
    renamed = letters.rename(letters.with_suffix(".jpg"))
    assert len(find_pages([str(renamed)]).pages) == 11


def test_a_broken_one_says_so(letters):
    letters.write_bytes(letters.read_bytes()[:200])
    (page,) = find_pages([str(letters)]).pages
    with pytest.raises(UserError, match=r"letters.pdf: this PDF cannot be opened"):
        page.open()


def test_a_locked_one_says_so(tmp_path):
    pytest.importorskip("pypdfium2", reason="the extra `documents` is not installed")
    canvas = pytest.importorskip("reportlab.pdfgen.canvas", reason="the extra `documents` is not installed")
    file = io.BytesIO()
    locked = canvas.Canvas(file, encrypt="secret")
    locked.showPage()
    locked.save()
    (tmp_path / "locked.pdf").write_bytes(file.getvalue())
    (page,) = find_pages([str(tmp_path / "locked.pdf")]).pages
    with pytest.raises(UserError, match=r"it needs a password"):
        page.open()


def test_a_page_as_large_as_a_wall_is_refused(letters):
    pages = find_pages([str(letters)], dpi=1200).pages
    assert pages[0].open_picture().size == (1200, 2400)
    huge = Image.new("L", (200, 200))
    huge.save(letters, resolution=1)
    (page,) = find_pages([str(letters)], dpi=1200).pages
    with pytest.raises(UserError, match="Expected a smaller --dpi"):
        page.open()


def test_without_pdfium_it_says_what_to_type(tmp_path, monkeypatch):
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    (page,) = find_pages([str(tmp_path / "a.pdf")]).pages
    with pytest.raises(UserError, match="python -m pip install pypdfium2"):
        page.open()
