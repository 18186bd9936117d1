"""The formats: the same page in each, what they do with pages that failed, and odd characters."""

import io
import json
import re
import subprocess
from shutil import which
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from tests.drawn_readings import SIZE, line_of, page_result
from text_recognizer.recognizer.formats import FORMATS, PageResult
from text_recognizer.recognizer.formats.plain import page_as_dict, page_from_dict, read_schema
from text_recognizer.recognizer.result import Character, Line, Reading
from text_recognizer.util import UserError

PAGE = page_result(line_of("two words"), line_of("<three> & \x0b“more”", top=120, slope=0.1, confidence=0.5))
EMPTY = page_result(name="empty.png")
FAILED = PageResult("bad.png", UserError("bad.png: not an image"))
ALTO = "{http://www.loc.gov/standards/alto/ns-v4#}"
PAGE_XML = "{http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15}"
HTML = "{http://www.w3.org/1999/xhtml}"


def xml_of(name, results):
    return ElementTree.fromstring(FORMATS[name].content(results))


@pytest.mark.extras
def test_json_is_what_its_schema_says():
    jsonschema = pytest.importorskip("jsonschema", reason="checks the JSON schema")
    no_places = page_result(Line((Character("a", 1.0),)), mode="fast")
    written = json.loads(FORMATS["json"].content([PAGE, EMPTY, FAILED, no_places]))
    jsonschema.Draft202012Validator.check_schema(read_schema())
    jsonschema.validate(written, read_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([{**written[0], "confidence": 2}], read_schema())


@pytest.mark.parametrize("page", [PAGE, EMPTY, page_result(Line((Character("é", 1 / 3),)), dpi=300.0)])
def test_a_page_comes_back_from_json_as_it_was(page):
    back = page_from_dict(json.loads(json.dumps(page_as_dict(page, exact=True))))
    assert (back.name, back.size, back.dpi, back.reading) == (page.name, page.size, page.dpi, page.reading)


def test_a_failed_page_comes_back_as_its_error():
    assert str(page_from_dict(page_as_dict(FAILED)).reading) == str(FAILED.reading)


def test_alto_has_each_word_with_its_place():
    root = xml_of("alto", [PAGE])
    sheet = root.find(f".//{ALTO}Page")
    assert (sheet.get("WIDTH"), sheet.get("HEIGHT")) == ("400", "300")
    words = root.findall(f".//{ALTO}String")
    assert [word.get("CONTENT") for word in words] == ["two", "words", "<three>", "&", "“more”"]
    place = [int(words[1].get(key)) for key in ("HPOS", "VPOS", "WIDTH", "HEIGHT")]
    assert place == pytest.approx([80, 50, 50, 30], abs=1)
    assert (words[1].get("WC"), words[2].get("WC")) == ("0.900", "0.500")
    assert root.findtext(f".//{ALTO}fileName") == "page.png"
    assert len({one.get("ID") for one in root.iter() if one.get("ID")}) == sum(
        "ID" in one.attrib for one in root.iter()
    )


@pytest.mark.parametrize("page", [PAGE, EMPTY, page_result(Line(()))])
def test_alto_is_nested_as_its_schema_wants(page):
    # alto-4-4.xsd, types altoType, DescriptionType and TextBlockType: what may stand in what, and in which order
    allowed = {
        "alto": "Description Layout",
        "Description": "MeasurementUnit sourceImageInformation Processing",
        "Page": "PrintSpace",
        "PrintSpace": "(TextBlock)?",
        "TextBlock": "TextLine( TextLine)*",
        "TextLine": "Shape String( SP String)*",
        "Shape": "Polygon",
    }
    for element in xml_of("alto", [page]).iter():
        inside = " ".join(one.tag.removeprefix(ALTO) for one in element)
        kind = element.tag.removeprefix(ALTO)
        assert kind not in allowed or re.fullmatch(allowed[kind], inside), (kind, inside)


def test_page_xml_has_lines_words_and_baselines():
    root = xml_of("page", [PAGE])
    lines = root.findall(f".//{PAGE_XML}TextLine")
    assert [line.find(f"{PAGE_XML}TextEquiv/{PAGE_XML}Unicode").text for line in lines] == [
        "two words",
        "<three> & “more”",
    ]
    assert lines[0].find(f"{PAGE_XML}Coords").get("points") == "40,50 130,50 130,80 40,80"
    assert lines[0].find(f"{PAGE_XML}Baseline").get("points") == "40,72 130,72"
    assert [word.findtext(f".//{PAGE_XML}Unicode") for word in lines[0].findall(f"{PAGE_XML}Word")] == ["two", "words"]
    kinds = [element.tag.removeprefix(PAGE_XML) for element in lines[0]]
    assert kinds == ["Coords", "Baseline", "Word", "Word", "TextEquiv"]  # the order that the schema wants


def test_hocr_has_pages_lines_and_words():
    root = xml_of("hocr", [PAGE, FAILED, EMPTY])
    pages = [one for one in root.iter() if one.get("class") == "ocr_page"]
    assert [re.search(r'image "(.*?)"', one.get("title"))[1] for one in pages] == ["page.png", "empty.png"]
    words = [one for one in root.iter(f"{HTML}span") if one.get("class") == "ocrx_word"]
    assert [word.text for word in words] == ["two", "words", "<three>", "&", "“more”"]
    assert words[0].get("title") == "bbox 40 50 70 80; x_wconf 90"


@pytest.mark.parametrize("name", ["alto", "page", "hocr"])
def test_lines_without_a_place_are_laid_evenly_down_the_page(name):
    lines = [Line((Character(one, 1.0),)) for one in "abc"]
    text = FORMATS[name].content([page_result(*lines)]).decode()
    assert {"alto": 'VPOS="200"', "page": "0,200 400,200", "hocr": "bbox 0 200 400 300"}[name] in text


@pytest.mark.parametrize("name", ["alto", "page"])
def test_a_format_of_one_page_refuses_two(name):
    with pytest.raises(UserError, match=r"holds one page a file, and there are 2. Expected --output=FOLDER"):
        FORMATS[name].content([PAGE, EMPTY])


@pytest.mark.parametrize("name", ["txt", "json", "csv", "alto", "page", "hocr"])
def test_a_page_without_ink_is_written_too(name):
    assert FORMATS[name].content([EMPTY])


@pytest.fixture
def shown():
    """Return a page of a known picture and a resolution at which a pixel is a point."""
    picture = Image.fromarray(np.arange(300 * 400, dtype=np.uint32).reshape(300, 400) // 500 % 256).convert("L")
    return page_result(*PAGE.reading.lines, picture=picture, dpi=72.0)


@pytest.mark.extras
def test_a_pdf_shows_the_picture_and_hides_the_text(shown):
    pytest.importorskip("reportlab", reason="the extra `documents` is not installed")
    pdfium = pytest.importorskip("pypdfium2", reason="the extra `documents` is not installed")
    content = FORMATS["pdf"].content([shown, FAILED, shown])
    document = pdfium.PdfDocument(io.BytesIO(content))
    assert len(document) == 2
    assert document[0].get_size() == SIZE
    text = document[0].get_textpage()
    assert text.get_text_range().split() == ["two", "words", "<three>", "&", "“more”"]
    seen = np.asarray(document[0].render(scale=1).to_pil().convert("L"), dtype=float)
    assert (
        np.abs(seen - np.asarray(shown.open_picture(), dtype=float)).mean() < 4
    )  # as JPEG keeps it: no letter is seen


@pytest.mark.extras
@pytest.mark.skipif(which("pdftotext") is None, reason="poppler's pdftotext is not installed")
def test_another_program_finds_the_words_of_a_pdf_at_their_places(shown, tmp_path):
    pytest.importorskip("reportlab", reason="the extra `documents` is not installed")
    (tmp_path / "page.pdf").write_bytes(FORMATS["pdf"].content([shown]))
    command = ["pdftotext", "-bbox", str(tmp_path / "page.pdf"), "-"]
    root = ElementTree.fromstring(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    words = [word for word in root.iter() if word.get("xMin")]
    found = {word.text: [float(word.get(key)) for key in ("xMin", "yMin", "xMax", "yMax")] for word in words}
    assert found["words"] == pytest.approx([80, 56, 130, 74], abs=1.5)  # letters are lower than the line's frame
    assert found["two"] == pytest.approx([40, 56, 70, 74], abs=1.5)
    assert {"<three>", "“more”"} <= found.keys()


def test_a_pdf_without_reportlab_says_what_to_type(shown, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match="Type: python -m pip install reportlab"):
        FORMATS["pdf"].content([shown])


def test_a_warning_is_told_in_words():
    page = PageResult("page.png", Reading((line_of("ab"),), "careful", hit_length_limit=True))
    assert page.warnings == (("hit_length_limit", "the model stops after 2 characters, the page may go on"),)
    written = json.loads(FORMATS["json"].content([page]))[0]["warnings"]
    assert written == [{"code": "hit_length_limit", "text": page.warnings[0].text}]
    assert FAILED.warnings == (("failed", "bad.png: not an image"),)
    back = page_from_dict(page_as_dict(page, exact=True))
    assert (back.reading, back.warnings) == (page.reading, page.warnings)
