"""Pictures, files and outputs that are not what they should be."""

import errno
import io
import os
import signal
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from conftest import LAB_DIRNAME
from expectations import allowed, heed_ctrl_c, one_line
from PIL import Image, ImageDraw, ImageFont

from tests.tiny_artifact import draw_page, make_config, write_artifact
from text_recognizer import util
from text_recognizer.documents.open_picture import open_image
from text_recognizer.page.layout import place
from text_recognizer.recognizer import command, processor
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer

MODES = [
    "1",
    "L",
    "LA",
    "La",
    "P",
    "PA",
    "RGB",
    "RGBA",
    "RGBa",
    "RGBX",
    "CMYK",
    "YCbCr",
    "LAB",
    "HSV",
    "I",
    "F",
    "I;16",
]
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n%%EOF\n"


@pytest.fixture(scope="module")
def artifact(tmp_path_factory):
    dirname = tmp_path_factory.mktemp("artifact")
    write_artifact(dirname, make_config((64, 96)))
    return dirname


@pytest.fixture(scope="module")
def recognizer(artifact):
    return ParagraphTextRecognizer(artifact)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    filename = tmp_path_factory.mktemp("page") / "page.png"
    draw_page().save(filename)
    return filename


@pytest.mark.parametrize("mode", MODES)
def test_each_mode_is_read(mode, recognizer):
    first = {"La": "LA", "RGBa": "RGBA", "PA": "LA", "LAB": "LAB"}.get(mode, mode)
    image = Image.new("LAB", (400, 500), (200, 128, 128)) if mode == "LAB" else draw_page().convert(first).convert(mode)
    assert isinstance(recognizer.predict(image), str)


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan, 1e30])
@pytest.mark.parametrize("as_file", [True, False])
def test_pixels_that_are_not_finite_are_named(bad, as_file, recognizer):
    values = np.asarray(draw_page(), np.float32) / 255
    values[0, 0] = bad
    image = Image.fromarray(values)
    if as_file:
        file = io.BytesIO()
        image.save(file, "TIFF")
        image = file.getvalue()
    with one_line(r"not finite|1e\+30"):
        recognizer.predict(image)


@pytest.mark.parametrize("source", [None, 7, 1.5, True, [], {}, b"", b"page.png", object(), np.ones(3), np.array("x")])
def test_what_is_no_picture_is_one_line(source, recognizer):
    with one_line("Expected|expected"):
        recognizer.predict(source)


def test_arrays_and_bytes_are_read_as_the_picture_is(recognizer, page):
    expected = recognizer.predict(page)
    assert recognizer.predict(page.read_bytes()) == expected
    assert recognizer.predict(np.asarray(draw_page())) == expected


@pytest.mark.parametrize("suffix", ["png", "jpg", "eps"])
def test_no_picture_starts_a_program(suffix, tmp_path, monkeypatch):
    program = tmp_path / "gs"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    (tmp_path / f"page.{suffix}").write_bytes(EPS)
    with one_line("not an image"):
        open_image(tmp_path / f"page.{suffix}")
    assert not (tmp_path / "started").exists()


def tiff_header(width, height):
    entries = [
        (256, 4, width),
        (257, 4, height),
        (258, 3, 1),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 8),
        (278, 4, height),
        (279, 4, 1),
    ]
    rows = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + rows + bytes(4)


def png_header(width, height):
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + head
        + struct.pack(">I", zlib.crc32(head))
        + struct.pack(">I", 99)
        + b"IDAT"
    )


READ_LARGE = """
import sys
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from training.benchmarks.memory import most_memory
text = ParagraphTextRecognizer().predict(sys.argv[1])
print(most_memory() or 0, text)  # in megabytes, where the system tells
"""


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "I;16", "F"])
def test_80_million_pixels_are_read_in_less_than_one_and_a_half_gigabytes(mode, tmp_path):
    large = Image.new("L", (10_320, 7_740), 255)
    for top in (1500, 3000, 4500):
        ImageDraw.Draw(large).text((1000, top), "one two six and four more", 0, ImageFont.load_default(600))
    large = Image.fromarray(np.asarray(large).astype(np.uint16) * 257) if mode == "I;16" else large.convert(mode)
    large.save(tmp_path / "large.tif", compression="tiff_lzw")
    command_line = [sys.executable, "-c", READ_LARGE, str(tmp_path / "large.tif")]
    child = subprocess.run(command_line, cwd=LAB_DIRNAME, check=True, capture_output=True, text=True)
    memory, text = child.stdout.split(maxsplit=1)
    assert float(memory) < 1500
    assert "two" in text


@pytest.mark.parametrize("header", [tiff_header, png_header])
@pytest.mark.parametrize("side", [10_000, 60_000])
def test_a_picture_with_more_pixels_than_allowed_is_an_error(header, side):
    with one_line("decompression bomb"):
        open_image(header(side, side))


def test_every_box_of_ink_finds_room_on_a_canvas():
    for width in range(1, 362, 3):
        for height in (1, 2, 5, 19, 20, 31, 45, 90, 180, 361):
            ink = np.full((height + 40, width + 40), 255, np.uint8)
            for shape, scale, padding in (((576, 640), 3.3, 16), ((332, 645), 9.0, 16), ((56, 1024), np.inf, 5.6)):
                place(ink, (20, 20, 20 + width, 20 + height), scale, padding, shape)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks here")
def test_a_fork_reads_on(recognizer, page):
    expected = recognizer.predict(page)
    child = os.fork()
    if child == 0:
        os._exit(0 if recognizer.predict(page) == expected else 3)
    for _ in range(6000):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            assert status == 0
            return
        time.sleep(0.1)
    os.kill(child, signal.SIGKILL)
    pytest.fail("the fork hangs")


def test_16_bits_fall_back_where_the_processor_cannot(artifact, page, monkeypatch):
    monkeypatch.setattr(processor, "computes_in_16_bits", lambda: False)
    with pytest.warns(UserWarning, match="reading in 32"):
        assert not ParagraphTextRecognizer(artifact, bf16=True).reader.bf16


@pytest.fixture
def strange(tmp_path):
    """Return a page whose file name is no UTF-8."""
    name = os.fsencode(tmp_path) + b"/p\xe4ge.png"
    try:
        draw_page().save(open(name, "wb"), "PNG")  # noqa: SIM115
    except OSError:
        pytest.skip("the file system refuses such names")
    return os.fsdecode(name)


@pytest.mark.parametrize("kind", ["txt", "json", "csv", "alto", "page", "hocr"])
def test_a_name_that_is_no_utf_8(kind, strange, artifact, tmp_path):
    suffix = {"alto": "xml", "page": "xml", "hocr": "html"}.get(kind, kind)
    output = tmp_path / f"out.{suffix}"
    argv = [strange, f"--artifact_dirname={artifact}", f"--format={kind}", f"--output={output}"]
    assert command.main(argv) == 0
    assert output.stat().st_size


def full_disk(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    "flags", [["--output=out.txt"], ["--output=out"], ["--picture_dirname=out"], ["--triage=out.html"]]
)
def test_a_full_disk_is_named_and_the_old_file_stays(flags, artifact, page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out.txt").write_text("old")
    monkeypatch.setattr(util.os, "fsync", full_disk)
    assert command.main([str(page), f"--artifact_dirname={artifact}", "--overwrite", *flags]) == 1
    error = capsys.readouterr().err
    assert "out" in error.splitlines()[-1]
    assert "No space left" in error
    assert "None" not in error
    assert (tmp_path / "out.txt").read_text() == "old"
    assert [path for path in tmp_path.rglob("*") if path.is_file() and "readings" not in path.name] == [
        tmp_path / "out.txt"
    ]


def read(*flags, **settings):
    script = str(LAB_DIRNAME / "text_recognizer" / "paragraph_text_recognizer.py")
    return subprocess.Popen([sys.executable, script, *map(str, flags)], text=True, stderr=subprocess.PIPE, **settings)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("kind", ["txt", "json"])
def test_a_full_standard_output_is_no_success(kind, artifact, page):
    with open("/dev/full", "w") as full:
        process = read(page, f"--artifact_dirname={artifact}", f"--format={kind}", stdout=full)
        _, error = process.communicate()
    assert process.returncode == 1
    assert "standard output: cannot be written (No space left on device)" in error
    assert "Traceback" not in error


def test_a_closed_standard_output_is_no_success(artifact, page):
    process = read(page, f"--artifact_dirname={artifact}", preexec_fn=lambda: os.close(1))
    _, error = process.communicate()
    assert process.returncode == 2
    assert "standard output is closed" in error


def test_ctrl_c_keeps_what_was_read(artifact, tmp_path):
    pages = tmp_path / "pages"
    pages.mkdir()
    for number in range(300):
        draw_page().save(pages / f"{number:03}.png")
    output = tmp_path / "out.csv"
    flags = [pages, f"--artifact_dirname={artifact}", "--format=csv", f"--output={output}"]
    process = read(*flags, stdout=subprocess.DEVNULL, preexec_fn=heed_ctrl_c)
    for line in process.stderr:
        if line.startswith("[3/"):
            process.send_signal(signal.SIGINT)
            break
    error = process.stderr.read()
    assert process.wait() == 130
    assert "Add --resume to go on" in error
    assert "Traceback" not in error
    journal = tmp_path / "out.csv.readings.jsonl"
    assert len(journal.read_text().splitlines()) >= 4


def test_a_fault_among_many_pages_leaves_the_others(artifact, page, tmp_path):
    (tmp_path / "in").mkdir()
    for name in "acd":
        (tmp_path / "in" / f"{name}.png").write_bytes(page.read_bytes())
    values = np.full((200, 200), np.inf, np.float32)
    Image.fromarray(values).save(tmp_path / "in" / "b.tif")
    Image.new("LAB", (90, 90)).save(tmp_path / "in" / "e.tif")
    assert command.main([str(tmp_path / "in"), f"--artifact_dirname={artifact}", f"--output={tmp_path / 'out'}"]) == 1
    assert sorted(path.name for path in (tmp_path / "out").glob("*.txt")) == ["a.txt", "c.txt", "d.txt", "e.txt"]


@pytest.mark.parametrize(
    "journal",
    [b"", b"[]\n", b'{"format": 1, "settings": {}}\n{"key": "x", "page": 3}\n', b"\xff\xfe", b"[" * 9999 + b"\n"],
)
def test_a_damaged_journal_is_one_line(journal, artifact, page, tmp_path):
    (tmp_path / "out.txt.readings.jsonl").write_bytes(journal)
    with allowed():
        status = command.main(
            [str(page), f"--artifact_dirname={artifact}", f"--output={tmp_path / 'out.txt'}", "--resume"]
        )
        assert status in (0, 2)
