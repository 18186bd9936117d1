"""Data files that are damaged, and places that cannot be written."""

import errno
import io
import json
import resource
import struct
import zipfile
import zlib

import h5py
import numpy as np
import pytest
from expectations import most_memory, one_line
from PIL import Image

from text_recognizer import util
from text_recognizer.data import copiste_lines
from text_recognizer.data.iam import IAM
from text_recognizer.data.storage.prepared import PreparedDataset, fingerprint, is_current, write_prepared
from text_recognizer.data.storage.stand_in import is_stand_in
from training.command_line.endings import claim_version, one_line_endings

LINE = '<line id="a01-000u-00" text="text">{cmp}</line>'
XML = f'<form writer-id="1" width="{{width}}"><handwritten-part>{LINE}</handwritten-part></form>'
CMP = '<word><cmp x="1" y="1" width="{width}" height="9"/></word>'


def picture(image_format="PNG"):
    file = io.BytesIO()
    Image.new("L", (60, 40), 230).save(file, image_format)
    return file.getvalue()


def bomb():
    head = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + head
        + struct.pack(">I", zlib.crc32(head))
        + struct.pack(">I", 9)
        + b"IDAT"
    )


def iam(tmp_path, xml, image):
    filename = tmp_path / "iamdb.zip"
    with zipfile.ZipFile(filename, "w") as archive:
        for name, content in {"xml/a01-000u.xml": xml, "forms/a01-000u.png": image, "task/trainset.txt": ""}.items():
            archive.writestr(name, content)
    return IAM(filename)


WHOLE = XML.format(width=60, cmp=CMP.format(width=9))


@pytest.mark.parametrize("image", [b"", b"x", bomb(), picture()[:60], b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_a_page_of_iam_that_is_no_picture(image, tmp_path):
    with one_line("Delete it"):
        iam(tmp_path, WHOLE, image).image("a01-000u")


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "<form",
        "<form/>",
        '<!DOCTYPE a [<!ENTITY b "c">]><form>&b;</form>',
        XML.format(width=60, cmp=CMP.format(width="1" * 5000)),
        XML.format(width=60, cmp=CMP.format(width="-1")),
        XML.format(width="1" * 5000, cmp=CMP.format(width="9")),
        XML.format(width="nan", cmp=CMP.format(width="9")),
    ],
)
def test_a_page_of_iam_that_is_no_xml(xml, tmp_path):
    with one_line("Delete it"):
        iam(tmp_path, xml, picture()).form("a01-000u")


def test_a_huge_marker_is_not_read_whole(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("STAND-IN.txt", b"STAND-IN " + bytes(300_000_000))
    before = most_memory()
    assert is_stand_in(tmp_path / "x.zip")
    assert most_memory() - before < 50_000_000


def copiste(tmp_path, rows, image=None):
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("lines.jsonl", rows)
        archive.writestr("a.png", picture() if image is None else image)
    return tmp_path / "c.zip"


ROW = {"image": "a.png", "page": "p_0001", "text": "some text"}


@pytest.mark.parametrize(
    "rows",
    [
        json.dumps(ROW | {"image": ["a"]}),
        json.dumps(ROW | {"page": 3}),
        json.dumps(ROW | {"text": None}),
        "[" * 100_000,
        b"\xff\xfe",
        "{",
        "NaN",
        "null",
        '{"image": "a.png"}',
    ],
)
def test_rows_of_copiste_that_are_none(rows, tmp_path):
    with one_line("no whole set of Copiste"):
        copiste_lines.read_lines(copiste(tmp_path, rows))


@pytest.mark.parametrize("image", [b"", bomb(), picture()[:50]])
def test_a_line_of_copiste_that_is_no_picture(image, tmp_path):
    filename = copiste(tmp_path, json.dumps(ROW), image)
    with zipfile.ZipFile(filename) as archive, one_line("no whole picture"):
        list(copiste_lines._canvases(archive, copiste_lines.read_lines(filename)))


def test_an_archive_with_a_password(tmp_path):
    filename = copiste(tmp_path, json.dumps(ROW))
    content = bytearray(filename.read_bytes())
    for start, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = -1
        while (place := content.find(start, place + 1)) >= 0:
            content[place + offset] |= 1
    filename.write_bytes(content)
    with one_line("no whole set"):
        copiste_lines.read_lines(filename)


@pytest.fixture
def prepared(tmp_path):
    filename = tmp_path / "lines.h5"
    with write_prepared(filename, fingerprint(version=1)) as file:
        file["x_train"], file["y_train"] = np.zeros((3, 8, 9), np.uint8), np.zeros((3, 4), np.uint8)
    return filename


def without(key):
    def change(filename):
        with h5py.File(filename, "a") as file:
            del file[key]

    return change


def with_other(key, value):
    def change(filename):
        with h5py.File(filename, "a") as file:
            del file[key]
            file[key] = value

    return change


PREPARED = {
    "half zeroed": lambda name: name.write_bytes(name.read_bytes()[:1500].ljust(name.stat().st_size, b"\0")),
    "cut": lambda name: name.write_bytes(name.read_bytes()[:900]),
    "empty": lambda name: name.write_bytes(b""),
    "no h5": lambda name: name.write_bytes(b"x" * 999),
    "no y": without("y_train"),
    "no x": without("x_train"),
    "x floats": with_other("x_train", np.zeros((3, 8, 9))),
    "x flat": with_other("x_train", np.zeros(3, np.uint8)),
    "x short": with_other("x_train", np.zeros((1, 8, 9), np.uint8)),
    "y texts": with_other("y_train", "text"),
    "missing": lambda name: name.unlink(),
    "a directory": lambda name: (name.unlink(), name.mkdir()),
}


@pytest.mark.parametrize("fault", PREPARED)
def test_a_prepared_file_that_is_damaged(fault, prepared):
    PREPARED[fault](prepared)
    with one_line("damaged|missing"):
        PreparedDataset(prepared, "train", lambda x: x)
    is_current(prepared, "x")  # says nothing worse


def full_disk(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_while_data_is_prepared_leaves_the_old_file(prepared, monkeypatch):
    old = prepared.read_bytes()
    monkeypatch.setattr(util.os, "fsync", full_disk)
    with pytest.raises(SystemExit, match=f"{prepared}: cannot be read or written .No space left"), one_line_endings():
        with write_prepared(prepared, "new") as file:
            file["x"] = np.zeros(9)
    assert prepared.read_bytes() == old
    assert [*prepared.parent.iterdir()] == [prepared]


@pytest.mark.parametrize("kind", ["a file", "a dangling link", "no directory"])
def test_a_place_that_cannot_be_written(kind, tmp_path):
    place = tmp_path / "processed"
    if kind == "a file":
        place.write_text("x")
    elif kind == "a dangling link":
        place.symlink_to(tmp_path / "gone")
    else:
        (place / "x.h5").mkdir(parents=True)
    with pytest.raises(SystemExit, match=r"processed.*: cannot be read or written"), one_line_endings():
        with util.write_atomically(place / "x.h5") as file:
            file.write(b"x")


def test_a_limit_on_the_size_of_files_is_a_full_disk(tmp_path):
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, old[1]))
    try:
        with pytest.raises(OSError, match="File too large"), util.write_atomically(tmp_path / "x") as file:
            file.write(bytes(5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert [*tmp_path.iterdir()] == []


def test_two_runs_that_begin_at_once_have_a_directory_each(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(16) as pool:
        numbers = list(pool.map(lambda _: claim_version(tmp_path / "run"), range(64)))
    assert sorted(numbers) == list(range(64))
