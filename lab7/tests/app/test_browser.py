"""The page in a real browser: it reads with a service elsewhere, is corrected, gives files, and fits on a phone.

It needs Playwright, and Chromium of the system (Debian: apt install chromium).
"""

import json
from pathlib import Path
from shutil import which
from urllib.parse import urlsplit

import pytest
from PIL import Image

from tests.drawn_readings import line_of
from tests.tiny_artifact import make_config, write_artifact
from text_recognizer.app import serve
from text_recognizer.recognizer.result import Reading
from text_recognizer.util import UserError

pytestmark = [pytest.mark.extras, pytest.mark.slow]
pytest.importorskip("gradio", reason="the extra `app` is not installed")
playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
CHROMIUM = which("chromium") or which("chromium-browser") or which("google-chrome")
if CHROMIUM is None:
    pytest.skip("Chromium is not installed", allow_module_level=True)

from text_recognizer.service.api import create_api  # noqa: E402
from text_recognizer.service.serve import running  # noqa: E402

GIVEN_UP = 600_000  # milliseconds: what hangs is to end, and a machine may be busy
PHONE = {"width": 390, "height": 844}
LAPTOP = {"width": 1366, "height": 900}


class TwoLines:
    """A recogniser that finds the same two lines on each picture."""

    dirname = Path("elsewhere")
    default_mode = "fast"

    def check_mode(self, mode):
        if mode not in (None, "fast"):
            raise UserError(f"mode {mode!r}: expected 'fast'")

    def predict(self, picture, mode=None, return_details=True):
        return Reading((line_of("Dear Anna,"), line_of("it rainz again", top=120, confidence=0.3)), "fast")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return tmp_path_factory.mktemp("kept") / "corrections"


@pytest.fixture(scope="module")
def address(kept, tmp_path_factory):
    """Serve a page that reads with a service at another address."""
    artifact = tmp_path_factory.mktemp("model") / "artifact"
    flags = {"stem_dim": 2, "lstm_dim": 4}
    write_artifact(artifact, make_config(model_class="ParagraphResNetLSTM", model_flags=flags, loss="ctc"))
    with running(create_api(TwoLines()), "127.0.0.1", 0) as backend:
        argv = [f"--backend={backend}", f"--artifact_dirname={artifact}", f"--corrections={kept}"]
        with running(serve.build_application(serve.build_parser().parse_args(argv)), "127.0.0.1", 0) as url:
            yield url


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], timeout=GIVEN_UP)
        yield browser
        browser.close()


@pytest.fixture(params=[LAPTOP, PHONE], ids=["laptop", "phone"])
def page(request, browser, address):
    """Open the page, and hold that it asks nobody else for anything."""
    page = browser.new_page(viewport=request.param, accept_downloads=True)
    page.set_default_timeout(GIVEN_UP)
    asked = set()
    page.on("request", lambda one: asked.add(urlsplit(one.url).netloc))
    page.goto(address)
    page.wait_for_selector("#read")
    yield page
    page.close()
    assert asked <= {urlsplit(address).netloc, ""}  # no host: what the page holds itself


@pytest.fixture
def picture(tmp_path):
    Image.new("L", (400, 300), 200).save(tmp_path / "letter.png")
    return tmp_path / "letter.png"


def read(page, filename):
    page.set_input_files("#source input[type=file]", filename)
    page.wait_for_selector("#source img")
    page.click("#read")


def test_a_page_is_read_elsewhere_corrected_and_taken_away(page, picture, kept, tmp_path):
    page.get_by_text("Pictures are sent to http://127.0.0.1").wait_for()
    page.get_by_text("Licence: that of the service's model").wait_for()
    read(page, picture)
    page.get_by_text("2 lines. Green frames are certain").wait_for()
    cell = page.get_by_test_id("cell-1-1")
    cell.click()
    page.wait_for_selector("#closer img")
    cell.dblclick()
    page.keyboard.press("Control+A")
    page.keyboard.type("it rains again")
    page.keyboard.press("Enter")
    page.click("#make_files")
    page.get_by_text("The files are below.").wait_for()
    with page.expect_download() as waiting:
        page.locator("#files a[download='letter.txt']").click()
    waiting.value.save_as(tmp_path / "got.txt")
    assert (tmp_path / "got.txt").read_text() == "Dear Anna,\nit rains again\n"
    page.click("#keep")
    page.get_by_text("Kept as").wait_for()
    newest = json.loads((kept / "corrections.jsonl").read_text().splitlines()[-1])
    assert "it rains again" in json.dumps(newest)


def test_a_bad_file_gets_a_sentence(page, tmp_path):
    (tmp_path / "torn.png").write_bytes(b"this is no picture")
    page.set_input_files("#source input[type=file]", tmp_path / "torn.png")
    page.wait_for_selector("#source img", state="attached")
    page.click("#read")
    page.get_by_text("torn.png: not an image").wait_for()


def test_nothing_is_wider_than_the_screen(page, picture):
    read(page, picture)
    page.get_by_text("2 lines. Green frames are certain").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
