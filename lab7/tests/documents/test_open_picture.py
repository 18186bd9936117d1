"""Images come from anywhere, and what is none is one line."""

import http.server
import io
import struct
import threading
import zlib

import numpy as np
import pytest
from PIL import Image

from text_recognizer.documents import fetch
from text_recognizer.documents.open_picture import open_image
from text_recognizer.util import UserError

PIXELS = np.arange(600, dtype=np.uint8).reshape(20, 30)
NAMES = ["page.png", "my page.png", "100%.png", "which?.png", "a#b.png", "ümlaut.png", "page.png.gz", "no_suffix"]
TURNED_RIGHT = 6  # EXIF: turn it by 90 degrees clockwise to see it upright


def image_bytes(image_format="png", image=None, **settings):
    file = io.BytesIO()
    (image or Image.fromarray(PIXELS)).save(file, format=image_format, **settings)
    return file.getvalue()


class Server(http.server.BaseHTTPRequestHandler):
    """A web server that answers, fails, never answers or answers for ever."""

    def do_GET(self):
        if self.path == "/never.png":
            self.server.is_over.wait()
            return
        status = 404 if self.path == "/missing.png" else 200
        self.send_response(status)
        self.end_headers()
        if self.path == "/page.png":
            self.wfile.write(image_bytes())
        if self.path == "/page.html":
            self.wfile.write(b"<html>Please log in</html>")
        while self.path == "/for_ever.png" and not self.server.is_over.wait(0.05):
            self.wfile.write(b"x")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def url():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    server.is_over = threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.is_over.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["path", "text", "file"])
def test_an_image_is_opened_whatever_its_file_is_called(name, kind, tmp_path):
    filename = tmp_path / name
    filename.write_bytes(image_bytes())
    with filename.open("rb") as file:
        image = open_image({"path": filename, "text": str(filename), "file": file}[kind])
    assert np.array_equal(np.asarray(image), PIXELS)


def test_an_image_is_downloaded(url):
    assert np.array_equal(np.asarray(open_image(f"{url}/page.png")), PIXELS)


def test_an_image_of_pillows_is_taken_as_it_is():
    assert np.array_equal(np.asarray(open_image(Image.fromarray(PIXELS))), PIXELS)


@pytest.mark.parametrize("passes_image", [True, False])
def test_exif_data_turns_an_image_upright(passes_image, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = TURNED_RIGHT
    (tmp_path / "page.png").write_bytes(image_bytes(exif=exif))
    source = Image.open(tmp_path / "page.png") if passes_image else tmp_path / "page.png"
    assert np.array_equal(np.asarray(open_image(source)), np.rot90(PIXELS, -1))


def png_header(width, height):
    """Return the beginning of a PNG file, which promises an image of any size."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head)) + struct.pack(">I", 1000) + b"IDAT"
    return b"\x89PNG\r\n\x1a\n" + chunks


NOISE = Image.effect_noise((200, 200), 50)
BAD_FILES = {
    "empty.png": b"",
    "text.png": b"What is this?",
    "half.png": image_bytes(image=NOISE)[:2000],
    "half.jpg": image_bytes("jpeg", NOISE)[:2000],
    "bomb.png": png_header(10_000, 10_000),
    "great_bomb.png": png_header(100_000, 100_000),
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("empty.png", "the file is empty"),
        ("text.png", "not an image. Expected a PNG, JPEG"),
        ("half.png", "a broken image"),
        ("half.jpg", "a broken image"),
        ("bomb.png", "10,000 x 10,000 pixels are more than .* decompression bomb"),
        ("great_bomb.png", "a decompression bomb"),
        ("directory.png", r"cannot be read \(Is a directory\)"),
        ("missing.png", r"cannot be read \(No such file or directory\)"),
    ],
)
def test_what_is_no_image_is_one_line(name, expected, tmp_path, recwarn):
    (tmp_path / "directory.png").mkdir()
    if name in BAD_FILES:
        (tmp_path / name).write_bytes(BAD_FILES[name])
    with pytest.raises(UserError, match=f"{tmp_path / name}: {expected}") as error:
        open_image(tmp_path / name)
    assert "\n" not in str(error.value)
    assert not [warning for warning in recwarn if "Decompression" in warning.category.__name__]


@pytest.mark.parametrize(
    ("path", "time_limit", "expected"),
    [
        ("missing.png", 600, "cannot be read .*404"),
        ("page.html", 600, "not an image"),
        ("never.png", 1, "did not answer within 1 seconds"),
        ("for_ever.png", 1, "did not answer within 1 seconds"),
    ],
)
def test_an_address_that_gives_no_image_is_one_line_in_time(path, time_limit, expected, url):
    with pytest.raises(UserError, match=expected) as error:
        open_image(f"{url}/{path}", time_limit=time_limit)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/page.png", "nothing://page.png", "http://", "s3://page.png"])
def test_an_address_where_nobody_answers_is_one_line(address):
    with pytest.raises(UserError, match=r"(cannot be read \(.+\)|did not answer)") as error:
        open_image(address, time_limit=5)
    assert "\n" not in str(error.value)


def test_a_file_that_is_far_too_long_is_not_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "MAX_BYTES", 1000)
    (tmp_path / "long.png").write_bytes(b"x" * 1001)
    with pytest.raises(UserError, match="more than 1,000 bytes"):
        open_image(tmp_path / "long.png")


@pytest.mark.parametrize("image", [Image.new("L", (0, 0)), Image.new("L", (20_000, 10_000))])
def test_an_image_of_pillows_may_have_an_unreasonable_size(image):
    with pytest.raises(UserError, match=r"the image: .* pixels"):
        open_image(image)


def test_the_callers_limit_of_pixels_counts(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert open_image(Image.new("1", (20_000, 10_000))).size == (20_000, 10_000)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("image_format", ["png", "jpeg", "gif", "bmp", "tiff", "webp"])
def test_broken_bytes_are_read_or_refused(image_format):
    whole, rng = image_bytes(image_format), np.random.default_rng(0)
    num_refused = 0
    for _ in range(60):
        content = bytearray(whole)
        for position in rng.integers(0, len(content), 4):
            content[position] = rng.integers(256)
        try:
            open_image(io.BytesIO(bytes(content)))
        except UserError:
            num_refused += 1
    assert num_refused > 0
