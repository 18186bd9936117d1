import base64
import io
import re
from html.parser import HTMLParser

from PIL import Image

from text_recognizer.evaluation.examples import Example
from text_recognizer.evaluation.page import page, png_data_uri
from text_recognizer.evaluation.report import compare, make_report

VOID = {"meta", "img"}
EXAMPLES = [Example(0, "l0", "ann", "a < b & c", "a < d\nc"), Example(1, "l1", "bob", "<script>", "<script>")]


class Balance(HTMLParser):
    """Fails where tags do not close in the order in which they opened."""

    def __init__(self):
        super().__init__()
        self.open, self.text = [], ""

    def handle_starttag(self, tag, attrs):
        self.open += [] if tag in VOID else [tag]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def make_page(examples=EXAMPLES):
    report = make_report({"data": "lines"}, examples, compare(examples, examples, "other.ckpt"))
    pictures = {0: Image.new("RGB", (8, 4), "red"), 1: Image.new("L", (8, 4))}
    return page("Title & more", ["Keep it secret"], report, {"Worst": examples}, pictures)


def test_the_page_is_whole_and_texts_are_not_markup():
    html, reader = make_page(), Balance()
    reader.feed(html)
    assert reader.open == []
    assert "<script>" not in html
    assert "Keep it secret" in reader.text
    assert "a < b & c" in reader.text
    assert "other.ckpt" in reader.text


def test_pictures_are_inside_the_page_and_nothing_else_is_loaded():
    html = make_page()
    sources = re.findall(r'src="(.*?)"', html)
    assert len(sources) == 2
    for source in sources:
        assert source.startswith("data:image/png;base64,")
        assert Image.open(io.BytesIO(base64.b64decode(source.split(",")[1]))).size == (8, 4)
    assert not re.search(r"https?://|<link|<script", html)


def test_differences_are_marked_on_both_sides():
    html = make_page([Example(0, "l0", "ann", "of the", "of te"), Example(1, "l1", "bob", "ofthe", "of\nthe")])
    assert "<pre>of t<del>h</del>e</pre>" in html
    assert "<pre>of<ins>\u21b5\n</ins>the</pre>" in html


def test_a_page_of_nothing_can_be_made():
    assert "0.00 %" in page("Title", [], make_report({}, []), {"Worst": []}, {})


def test_a_picture_survives_in_text():
    picture = Image.new("RGB", (3, 2), (1, 2, 3))
    content = base64.b64decode(png_data_uri(picture).partition(",")[2])
    assert Image.open(io.BytesIO(content)).tobytes() == bytes([1, 2, 3] * 6)
