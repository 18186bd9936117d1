"""What the page's buttons do, without a browser."""

from pathlib import Path

import pytest
from PIL import Image

from tests.drawn_readings import line_of
from tests.tiny_artifact import make_config, write_artifact
from text_recognizer.app.reading_room import ReadingRoom, ReadsElsewhere, ReadsHere
from text_recognizer.recognizer.result import Reading
from text_recognizer.util import UserError


class FixedReader:
    def __init__(self, *lines):
        self.lines, self.asked = lines, []

    def read(self, picture, model, mode):
        self.asked.append((picture.size, model, mode))
        return Reading(self.lines, "fast")


@pytest.fixture
def room(tmp_path):
    return ReadingRoom(FixedReader(line_of("one"), line_of("two", top=100)), tmp_path / "kept")


@pytest.fixture
def page(tmp_path):
    Image.new("L", (400, 300), 200).save(tmp_path / "page.png")
    return str(tmp_path / "page.png")


def test_a_picture_is_read_with_the_model_that_was_chosen(room, page):
    sheet = room.read(page, "paragraph_text_recognizer", "fast")
    assert room.reads.asked == [((400, 300), "paragraph_text_recognizer", "fast")]
    assert (sheet.name, sheet.reading.text, sheet.warnings) == ("page.png", "one\ntwo", ())


def test_bad_input_is_told_in_a_sentence_without_paths_of_the_machine(room, tmp_path):
    with pytest.raises(UserError, match="There is no picture yet"):
        room.read(None, "paragraph_text_recognizer", None)
    (tmp_path / "bad.png").write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"^bad\.png: not an image"):
        room.read(str(tmp_path / "bad.png"), "paragraph_text_recognizer", None)


def test_a_page_without_ink_is_told(page, tmp_path):
    sheet = ReadingRoom(FixedReader(), tmp_path).read(page, "paragraph_text_recognizer", None)
    assert sheet.warnings == ("There is no ink on this picture.",)


def test_files_are_made_of_what_was_typed(room, page):
    sheet = room.read(page, "paragraph_text_recognizer", None)
    written, missing = room.files(sheet, ["won", "two"])
    files = {Path(name).name: Path(name) for name in written}
    assert {"page.txt", "page.json", "page.csv", "page.alto.xml", "page.page.xml", "page.hocr"} <= files.keys()
    assert files["page.txt"].read_text() == "won\ntwo\n"
    assert ("page.pdf" in files) != bool(missing)


def test_corrections_are_kept_in_the_folder(room, page, tmp_path):
    sheet = room.read(page, "paragraph_text_recognizer", None)
    assert room.keep(sheet, ["won", "two"], " anna ") == f"Kept as 0001.jpg in {tmp_path / 'kept'}."
    assert '"writer": "anna"' in (tmp_path / "kept" / "corrections.jsonl").read_text()


def test_a_model_is_loaded_once_and_knows_its_modes(page, tmp_path):
    config = make_config(model_class="ParagraphResNetLSTM", model_flags={"stem_dim": 2, "lstm_dim": 4}, loss="ctc")
    write_artifact(tmp_path / "artifact", config)
    reads, picture = ReadsHere(), Image.open(page)
    assert reads.read(picture, str(tmp_path / "artifact"), None).mode == "fast"
    with pytest.raises(UserError, match=r"does not have the mode 'careful'. Expected 'fast'"):
        reads.read(picture, str(tmp_path / "artifact"), "careful")
    assert reads.load.cache_info().misses == 1


def test_the_licence_is_the_cards_or_that_of_the_service():
    assert "research and teaching only" in ReadsHere().licence("paragraph_text_recognizer")
    assert "of the service's model" in ReadsElsewhere("http://127.0.0.1:1").licence("http://127.0.0.1:1")
