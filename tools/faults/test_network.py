"""Addresses that answer otherwise than they should."""

import gzip
import hashlib
import http.server
import io
import threading

import pytest
from expectations import most_memory, one_line
from PIL import Image

from text_recognizer.data.storage import download
from text_recognizer.documents import fetch
from text_recognizer.documents.open_picture import open_image

PICTURE = io.BytesIO()
Image.new("L", (64, 48), 200).save(PICTURE, "PNG")
PICTURE = PICTURE.getvalue()
MB = bytes(1_000_000)
SOON, LATE = 2, 600  # seconds: for what never comes, and for what does, be the machine as busy as it may
NEVER_WHOLE = ("silent", "slow_headers", "drip")


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path, stop = self.path.strip("/"), self.server.stop
        if path == "silent":
            stop.wait()
        elif path == "nonsense":
            self.wfile.write(b"what is this\r\n\r\n")
        elif path == "slow_headers":
            while not stop.wait(0.1):
                self.wfile.write(b"H")
        elif path.startswith("to_"):
            self.send_response(302)
            self.send_header("Location", TARGETS[path].format(port=self.server.server_port))
            self.end_headers()
        else:
            self.send_response(404 if path == "missing" else 200)
            for name, value in HEADERS.get(path, {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.write_body(path, stop)

    def write_body(self, path, stop):
        try:
            self.wfile.write(BODIES.get(path, b""))
            while path in ("endless", "drip") and not stop.wait(0.3 if path == "drip" else 0):
                self.wfile.write(b"x" if path == "drip" else MB)
        except OSError:
            pass

    def log_message(self, *_):
        pass


TARGETS = {
    "to_self": "/picture",
    "to_other_loopback": "http://127.0.0.2:{port}/picture",
    "to_metadata": "http://169.254.169.254/latest/meta-data/",
    "to_private": "http://10.0.0.1/",
    "to_mapped": "http://[::ffff:10.0.0.1]/",
    "to_file": "file:///etc/passwd",
    "to_ftp": "ftp://127.0.0.1/x",
    "to_for_ever": "/to_for_ever",
}
BODIES = {
    "picture": PICTURE,
    "badlen": PICTURE,
    "gzip": gzip.compress(PICTURE),
    "gzip_bomb": gzip.compress(bytes(60_000_000), 1),
    "gzip_broken": b"no gzip at all",
    "brotli": PICTURE,
    "page": b"<html>log in</html>",
    "cut": PICTURE[:40],
}
HEADERS = {
    "badlen": {"Content-Length": "abc"},
    "gzip": {"Content-Encoding": "gzip"},
    "gzip_bomb": {"Content-Encoding": "gzip"},
    "gzip_broken": {"Content-Encoding": "gzip"},
    "brotli": {"Content-Encoding": "br"},
    "cut": {"Content-Length": str(len(PICTURE))},
}


@pytest.fixture(scope="module")
def url():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    server.daemon_threads, server.stop = True, threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.stop.set()
    server.shutdown()


@pytest.mark.parametrize("path", ["picture", "badlen", "gzip", "to_self"])
def test_what_is_a_picture_is_read(url, path):
    assert open_image(f"{url}/{path}").size == (64, 48)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("missing", "404"),
        ("nonsense", "what is this"),
        ("silent", "did not answer within 2 seconds|timed out"),
        ("slow_headers", "did not answer within 2 seconds"),
        ("drip", "did not answer within 2 seconds"),
        ("page", "not an image"),
        ("cut", "broken image|not an image"),
        ("gzip_broken", "cannot be unpacked"),
        ("brotli", "packed with 'br'"),
        ("to_other_loopback", "private network"),
        ("to_metadata", "private network"),
        ("to_private", "private network"),
        ("to_mapped", "private network"),
        ("to_file", "not allowed"),
        ("to_ftp", "begins with http"),
        ("to_for_ever", "redirect"),
        ("a\nb", "cannot be read"),
        ("a b", "cannot be read"),
    ],
)
def test_what_is_none_is_one_line(url, path, expected):
    with one_line(expected):
        open_image(f"{url}/{path}", time_limit=SOON if path in NEVER_WHOLE else LATE)


@pytest.mark.parametrize("path", ["endless", "gzip_bomb"])
def test_what_is_too_large_does_not_fill_the_memory(url, path, monkeypatch):
    monkeypatch.setattr(fetch, "MAX_BYTES", 20_000_000)
    before = most_memory()
    with one_line("more than 20,000,000 bytes"):
        open_image(f"{url}/{path}", time_limit=LATE)
    assert most_memory() - before < 120_000_000


@pytest.mark.parametrize("scheme", ["file", "ftp", "hdfs", "webhdfs", "ssh", "scp", "nothing"])
def test_other_schemes_are_not_opened(scheme):
    with one_line("unknown kind of address"):
        open_image(f"{scheme}://127.0.0.1/x.png", time_limit=5)


@pytest.mark.parametrize(
    ("path", "expected"), [("badlen", None), ("endless", "more than"), ("drip", "too slow"), ("silent", "within")]
)
def test_a_data_file_is_downloaded_or_refused(url, path, expected, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "MAX_BYTES", 30_000_000)
    monkeypatch.setattr(download, "MAX_SECONDS", SOON if path == "silent" else LATE)
    monkeypatch.setattr(download, "AFTER_SECONDS", 1 if path == "drip" else LATE)
    filename, sha256 = tmp_path / "x.zip", hashlib.sha256(PICTURE).hexdigest()
    if expected is None:
        assert download.find_or_download(filename, sha256, [f"{url}/{path}"]) == filename
        return
    with one_line(expected):
        download.find_or_download(filename, sha256, [f"{url}/{path}"])
    assert [*tmp_path.iterdir()] == []
