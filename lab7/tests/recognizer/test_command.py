"""The command: which images it reads, what it writes where, and what its exit status says."""

import csv
import io
import json
import re
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.tiny_artifact import draw_page, make_config, write_artifact
from text_recognizer.recognizer import page_warnings
from text_recognizer.recognizer.command import main
from text_recognizer.recognizer.draw import draw_reading
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from text_recognizer.recognizer.result import Character, Line, Reading

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
    note, first, second, error, third = errors.splitlines()
    assert (
        note
        == f"note: left out, because their names do not end like pictures or documents: {pages_dirname / 'notes.txt'}"
    )
    assert error.startswith(f"error: {pages_dirname / 'c.png'}: not an image")
    for number, (line, name, what) in enumerate(
        [(first, "A.JPG", "no ink"), (second, "b.png", "nothing could be read"), (third, "c.png", "failed")], 1
    ):
        name = re.escape(str(pages_dirname / name))
        assert re.fullmatch(rf"\[{number}/3\] {name}: {what}, [\d.]+ s; {3 - number} left, \d+ (s|min)", line)


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
    assert [path.name for path in written] == [f"A.{kind}", f"b.{kind}", "readings.jsonl"]
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
        (["{pages}", "{pages}/b.png", "--output=out"], "2 images are named b.png, and would go to the same file"),
        (["{pages}/b.png", "https://x.org/b.png?c=d.e", "--picture_dirname=out"], "2 images are named b.png"),
        (["{pages}/b.png", "--pages=x"], "--pages=x: 'x' is not a page or a range of pages"),
        (["{pages}/b.png", "--resume"], "--resume: without an output nothing is stored. Add --output=PATH"),
        (["{pages}/b.png", "--workers=0"], "--workers=0: expected 1 or more"),
        (["{pages}/b.png", "--triage=x.txt"], "expected a file that ends in .html"),
        (["{pages}", "--format=alto", "--output=all.xml"], "a file holds one page, there are 3. Add --output=FOLDER"),
        (["{pages}/b.png", "--output=a.xml"], "add --format=alto or --format=page"),
        (["{pages}/b.png", "--format=pdf"], "--format=pdf: expected a file for it. Add --output=PATH.pdf"),
        (["{empty}"], "no images in this folder. Expected files that end in .avif, .bmp, "),
        (["{pages}", "--mode=careful"], "this model has one mode only. Expected 'fast'"),
        (["{pages}/b.png", "--output={pages}/notes.txt/folder/all.txt"], "cannot be written"),
    ],
)
def test_mistakes_are_one_line_and_nothing_is_read(argv, message, read, pages_dirname, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    is_late = message == "cannot be written"
    assert read(*(one.format(pages=pages_dirname, empty=tmp_path / "empty") for one in argv)) == (1 if is_late else 2)
    printed, errors = capsys.readouterr()
    assert (printed, errors.count("\n")) == ("", 1)
    assert errors.startswith("error: ")
    assert message in errors
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_texts_and_pictures_that_are_there_are_replaced_only_if_one_says_so(read, pages_dirname, tmp_path, capsys):
    page, text = pages_dirname / "b.png", tmp_path / "b.txt"
    text.write_text("corrected by hand")
    for flags in ([f"--output={text}"], [f"--output={tmp_path}"]):
        assert read(page, *flags) == 2
        assert "b.txt is there already: choose another place, or add --overwrite" in capsys.readouterr().err
        assert text.read_text() == "corrected by hand"
    assert read(page, f"--output={tmp_path}", "--overwrite") == 0
    assert text.read_text() != "corrected by hand"
    (tmp_path / "b.png").write_text("a photograph of something else")
    assert read(page, f"--picture_dirname={tmp_path}") == 2
    assert (tmp_path / "b.png").read_text() == "a photograph of something else"


def test_no_image_is_ever_written_over_with_its_own_drawing(read, pages_dirname, capsys):
    before = (pages_dirname / "b.png").read_bytes()
    assert read(pages_dirname / "b.png", f"--picture_dirname={pages_dirname}", "--overwrite") == 2
    assert "b.png is an image to read, and would be overwritten" in capsys.readouterr().err
    assert (pages_dirname / "b.png").read_bytes() == before


def test_without_a_model_it_says_how_to_make_one(tmp_path, capsys):
    assert main(["page.png", f"--artifact_dirname={tmp_path / 'none'}"]) == 2
    assert capsys.readouterr().err.startswith(f"error: {tmp_path / 'none'}: there is no trained model. In lab7, train")


def test_a_text_that_was_cut_is_a_warning(tmp_path, capsys):
    write_artifact(tmp_path / "artifact")  # a decoder with random weights, which writes on and on
    draw_page().save(tmp_path / "page.png")
    assert main([str(tmp_path / "page.png"), f"--artifact_dirname={tmp_path / 'artifact'}"]) == 0
    assert "page.png: the model stops after" in capsys.readouterr().err


def test_every_page_of_a_tiff_is_read_and_named(read, pages_dirname, expected, tmp_path, capsys):
    page = Image.open(pages_dirname / "b.png")
    page.save(tmp_path / "two.tif", save_all=True, append_images=[Image.new("L", (300, 300), 240)])
    assert read(tmp_path / "two.tif", f"--output={tmp_path / 'out'}") == 0
    assert (tmp_path / "out" / "two" / "page_1.txt").read_text() == expected.text + "\n"
    assert (tmp_path / "out" / "two" / "page_2.txt").read_text() == "\n"
    assert read(tmp_path / "two.tif") == 0
    first, second = (f"{tmp_path / 'two.tif'}, page {number}" for number in (1, 2))
    assert capsys.readouterr().out == f"== {first}\n{expected.text}\n== {second}\n\n"


def test_warnings_are_printed_and_stored_and_end_with_status_1_where_pages_must_be_whole(
    read, pages_dirname, capsys, monkeypatch
):
    told = (page_warnings.nothing_found(),)
    reading = Reading((), "fast", warnings=told, unread=1.0)
    monkeypatch.setattr(ParagraphTextRecognizer, "predict", lambda *args, **kwargs: reading)
    assert read(pages_dirname / "b.png", "--format=json") == 0
    printed, errors = capsys.readouterr()
    assert errors == f"warning: {pages_dirname / 'b.png'}: {told[0].text} [nothing_found]\n"
    (page,) = json.loads(printed)
    assert page["warnings"] == [{"code": "nothing_found", "text": told[0].text}]
    assert page["confidence"] == 0
    assert read(pages_dirname / "b.png", "--strict") == 1


@pytest.mark.slow
def test_several_workers_read_the_same_in_the_same_order(read, pages_dirname, capsys):
    read(pages_dirname)
    one = capsys.readouterr().out
    assert read(pages_dirname, "--workers=2") == 1
    assert capsys.readouterr().out == one


def test_a_job_that_was_killed_goes_on_where_it_was(read, pages_dirname, tmp_path, capsys):
    output = tmp_path / "out"
    assert read(pages_dirname, f"--output={output}", "--format=json") == 1
    journal = output / "readings.jsonl"
    whole = journal.read_text().splitlines(keepends=True)
    contents = {path.name: path.read_bytes() for path in output.glob("*.json")}
    journal.write_text("".join(whole[:2]) + whole[2][:40])  # killed while b.png was kept
    (output / "b.json").unlink()
    capsys.readouterr()
    assert read(pages_dirname, f"--output={output}", "--format=json", "--overwrite") == 2
    assert "1 pages of an interrupted job. Add --resume" in capsys.readouterr().err
    assert read(pages_dirname, f"--output={output}", "--format=json", "--resume") == 1
    errors = capsys.readouterr().err
    assert "1 of 3 pages are read already" in errors
    assert "[2/3]" in errors
    assert "A.JPG:" not in errors
    assert {path.name: path.read_bytes() for path in output.glob("*.json")} == contents
    keys = [json.loads(line).get("key") for line in journal.read_text().splitlines()]
    assert len(keys) == len(set(keys)) + 1  # the first line and the last have none


def test_what_was_resumed_is_written_into_one_file_as_if_nothing_had_happened(read, pages_dirname, tmp_path):
    read(pages_dirname, f"--output={tmp_path / 'all.csv'}", "--format=csv")
    output = tmp_path / "folder" / "all.csv"
    read(pages_dirname, f"--output={tmp_path / 'kept'}", "--format=csv")
    output.parent.mkdir()
    lines = (tmp_path / "kept" / "readings.jsonl").read_text().splitlines(keepends=True)
    (output.parent / "all.csv.readings.jsonl").write_text("".join(lines[:3]))
    assert read(pages_dirname, f"--output={output}", "--format=csv", "--resume") == 1
    assert output.read_bytes() == (tmp_path / "all.csv").read_bytes()
    assert [path.name for path in output.parent.iterdir()] == ["all.csv"]


MODULE = "text_recognizer.paragraph_text_recognizer"
# A signal that is sent when a page has been read comes before the next one is, however busy the machine is.
WAITS_AT_THE_FOURTH = f"""
import sys, time
from text_recognizer.recognizer.jobs import job
tell = job.tell

def tell_and_wait(text):
    tell(text)
    while text.startswith("[4/12]"):
        time.sleep(0.1)

job.tell = tell_and_wait
from {MODULE} import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL])
def test_no_page_is_lost_or_read_twice_whenever_it_is_stopped(stop, artifact_dirname, tmp_path):
    (tmp_path / "pages").mkdir()
    for i in range(12):
        draw_page(size=(500, 700), pitch=30, corner=(60, 60)).save(tmp_path / "pages" / f"{i:02}.png")
    words = [str(tmp_path / "pages"), f"--output={tmp_path / 'out'}", f"--artifact_dirname={artifact_dirname}"]
    # What runs in the background of a shell ignores SIGINT, and so would its children.
    listen = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    told = partial(subprocess.Popen, stderr=subprocess.PIPE, text=True, preexec_fn=listen)
    with told([sys.executable, "-c", WAITS_AT_THE_FOURTH, *words]) as process:
        for line in process.stderr:
            if line.startswith("[4/12]"):
                process.send_signal(stop)
                break
        assert process.stderr.read().count("Traceback") == 0
        assert process.wait() == (130 if stop == signal.SIGINT else -stop)
    resumed = subprocess.run([sys.executable, "-m", MODULE, *words, "--resume"], capture_output=True, text=True)
    assert resumed.returncode == 0, resumed.stderr
    journal = [json.loads(line) for line in (tmp_path / "out" / "readings.jsonl").read_text().splitlines()]
    assert sorted(Path(one["page"]["image"]).name for one in journal if "key" in one) == [
        f"{i:02}.png" for i in range(12)
    ]
    assert len([*(tmp_path / "out").glob("*.txt")]) == 12


def test_a_page_shows_what_to_look_at_first(read, pages_dirname, tmp_path):
    assert read(pages_dirname, f"--triage={tmp_path / 'look.html'}") == 1
    text = (tmp_path / "look.html").read_text()
    assert text.index("c.png") < text.index("b.png") < text.index("A.JPG")  # failed, doubtful, empty
    assert "3 pages: 1 could not be read, 0 with warnings" in text
    for name in re.findall(r'src="(.*?)"', text):
        assert Image.open(tmp_path / name).size == (500, 700) or name.endswith("00003.jpg")
    assert "<script" not in text


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
