"""The command: which images it reads, what it writes where, and what its exit status says."""

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

from tests.tiny_artifact import draw_page, make_config, write_artifact
from text_recognizer import read_command
from text_recognizer.draw_reading import draw_reading
from text_recognizer.paragraph_text_recognizer import ParagraphTextRecognizer
from text_recognizer.read_command import main
from text_recognizer.reading import Character, Line, Reading

SIZES = {"stem_dim": 2, "lstm_dim": 4}


@pytest.fixture(scope="module")
def artifact_dirname(tmp_path_factory):
    dirname = tmp_path_factory.mktemp("artifact")
    write_artifact(dirname, make_config(model_class="ParagraphResNetLSTM", model_flags=SIZES, loss="ctc"))
    return dirname


@pytest.fixture(scope="module")
def pages_dirname(tmp_path_factory):
    """Return a folder of two pages, a broken one, and a file that is no image."""
    dirname = tmp_path_factory.mktemp("pages")
    draw_page(size=(500, 700), pitch=30, corner=(60, 60)).save(dirname / "b.png")
    Image.new("L", (300, 300), 240).save(dirname / "A.JPG")
    (dirname / "c.png").write_bytes(b"no image")
    (dirname / "notes.txt").write_text("not to be read")
    return dirname


@pytest.fixture(scope="module")
def expected(artifact_dirname, pages_dirname):
    return ParagraphTextRecognizer(artifact_dirname).predict(pages_dirname / "b.png", return_details=True)


@pytest.fixture
def read(artifact_dirname):
    return lambda *argv: main([*map(str, argv), f"--artifact_dirname={artifact_dirname}"])


def test_one_image_is_printed_and_nothing_else(read, pages_dirname, expected, capsys):
    assert read(pages_dirname / "b.png") == 0
    assert capsys.readouterr() == (expected.text + "\n", "")


def test_a_folder_is_read_in_order_although_one_page_fails(read, pages_dirname, expected, capsys):
    assert read(pages_dirname) == 1
    printed, errors = capsys.readouterr()
    assert printed == f"== {pages_dirname / 'A.JPG'}\n\n== {pages_dirname / 'b.png'}\n{expected.text}\n"
    assert errors.startswith(f"error: {pages_dirname / 'c.png'}: not an image")
    assert errors.count("\n") == 1


def test_json_has_all_that_is_known(read, pages_dirname, expected, capsys):
    assert read(pages_dirname, "--format=json") == 1
    empty, page, broken = json.loads(capsys.readouterr().out)
    assert (empty["text"], empty["lines"], empty["confidence"]) == ("", [], 1)
    assert broken.keys() == {"image", "error"}
    assert (page["image"], page["text"], page["mode"]) == (str(pages_dirname / "b.png"), expected.text, "fast")
    assert page["hit_length_limit"] is False
    for line, one in zip(page["lines"], expected.lines, strict=True):
        assert (line["text"], line["box"]) == (one.text, one.box and [*one.box])
        assert line["confidence"] == pytest.approx(one.confidence, abs=1e-3)
        assert len(line["character_confidences"]) == len(one.text)


def test_csv_has_a_row_for_each_line(read, pages_dirname, expected, tmp_path):
    assert read(pages_dirname, "--format=csv", f"--output={tmp_path / 'all.csv'}") == 1
    rows = [*csv.DictReader(io.StringIO((tmp_path / "all.csv").read_text()))]
    assert [row["text"] for row in rows] == [line.text for line in expected.lines]
    assert {row["image"] for row in rows} == {str(pages_dirname / "b.png")}
    assert [path.name for path in tmp_path.iterdir()] == ["all.csv"]


@pytest.mark.parametrize("kind", ["txt", "json", "csv"])
def test_a_folder_gets_a_file_for_each_page_that_was_read(kind, read, pages_dirname, expected, tmp_path, capsys):
    assert read(pages_dirname, f"--format={kind}", f"--output={tmp_path / 'new' / 'folder'}") == 1
    written = sorted((tmp_path / "new" / "folder").iterdir())
    assert [path.name for path in written] == [f"A.{kind}", f"b.{kind}"]
    if kind == "txt":
        assert written[1].read_text() == expected.text + "\n"
    assert capsys.readouterr().out == ""


def test_pages_are_drawn_with_their_text(read, pages_dirname, tmp_path):
    assert read(pages_dirname, f"--picture_dirname={tmp_path / 'drawn'}") == 1
    assert sorted(path.name for path in (tmp_path / "drawn").iterdir()) == ["A.png", "b.png"]
    assert Image.open(tmp_path / "drawn" / "b.png").width > 1000


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["{pages}", "--output=all.csv"], "--output=all.csv: expected a file for --format=txt, or add --format=csv"),
        (["{pages}", "{pages}/b.png", "--output=out"], "2 images are named b, and would go to the same file"),
        (["{pages}/b.png", "https://x.org/b.jpg?c=d.e", "--picture_dirname=out"], "2 images are named b"),
        (["{empty}"], "no images in this folder. Expected files that end in .bmp, "),
        (["{pages}", "--mode=careful"], "this model reads in one way only. Expected 'fast'"),
        (["{pages}/b.png", "--output={pages}/notes.txt/folder/all.txt"], "cannot be written"),
    ],
)
def test_mistakes_are_one_line_and_nothing_is_read(argv, message, read, pages_dirname, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    assert read(*(one.format(pages=pages_dirname, empty=tmp_path / "empty") for one in argv)) == 1
    printed, errors = capsys.readouterr()
    assert (printed, errors.count("\n")) == ("", 1)
    assert errors.startswith("error: ")
    assert message in errors
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_without_a_model_it_says_how_to_make_one(tmp_path, capsys):
    assert main(["page.png", f"--artifact_dirname={tmp_path / 'none'}"]) == 1
    assert capsys.readouterr().err.startswith(f"error: {tmp_path / 'none'}: there is no trained model. In lab7, train")


def test_a_text_that_was_cut_is_a_warning(tmp_path, capsys):
    write_artifact(tmp_path / "artifact")  # a decoder with random weights, which writes on and on
    draw_page().save(tmp_path / "page.png")
    assert main([str(tmp_path / "page.png"), f"--artifact_dirname={tmp_path / 'artifact'}"]) == 0
    assert "page.png: the model stops after" in capsys.readouterr().err


def test_a_bar_is_drawn_for_several_pages_at_a_terminal_only(read, pages_dirname, capsys, monkeypatch):
    read(pages_dirname)
    assert "pages" not in capsys.readouterr().err.replace(str(pages_dirname), "")
    monkeypatch.setattr(read_command.sys.stderr, "isatty", lambda: True, raising=False)
    read(pages_dirname / "b.png")
    assert capsys.readouterr().err == ""
    read(pages_dirname)
    shown = capsys.readouterr().err
    assert f"[{'=' * 30}] 3/3 pages, 0 s left" in shown
    assert shown.endswith("\r\033[K")


def test_a_drawing_shows_frames_and_text():
    line = Line((Character("a", 0.9),), (10, 20, 60, 40))
    page = Image.new("L", (100, 100), 255)
    drawn = draw_reading(page, Reading((line, Line((Character("b", 0.1),))), "fast"))
    assert drawn.size == (2400, 1200)
    assert drawn.getpixel((120, 300))[1] > 90  # the frame of a line that the model is sure of is green
    assert drawn.getpixel((900, 900)) == (255, 255, 255)
    assert drawn.crop((1200, 0, 2400, 1200)).getextrema() != ((255, 255),) * 3
    assert draw_reading(page, Reading((), "fast")).size == (2400, 1200)


def test_texts_of_lines_that_run_up_the_page_do_not_lie_on_each_other():
    lines = tuple(Line((Character("m", 0.9),) * 9, (10 + 20 * i, 10, 25 + 20 * i, 90)) for i in range(4))
    drawn = draw_reading(Image.new("L", (100, 100), 255), Reading(lines, "careful"))
    texts = np.asarray(drawn.crop((1200, 0, 2400, 1200)).convert("L")) < 200
    starts = np.flatnonzero(np.diff(texts.any(axis=1).astype(int)) == 1)
    assert len(starts) == 4
    assert np.diff(starts) == pytest.approx(300, abs=2)
