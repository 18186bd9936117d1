"""Files in the web come within a time, no longer than expected, and never by a detour into a private network."""

import gzip
import http.server
import threading
import time
import urllib.error

import pytest

from text_recognizer import web
from text_recognizer.util import UserError
from text_recognizer.web import WebFile, addresses_of, reason_of, refuse_detour

BODY = b"some bytes" * 1000


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.strip("/")
        if path == "silent":
            self.server.stop.wait()  # who waits for it waits for ever
            return
        self.send_response(302 if path.startswith("to_") else 404 if path == "missing" else 200)
        if path == "to_plain":
            self.send_header("Location", "/plain")
        if path == "to_private":
            self.send_header("Location", "http://10.0.0.1/")
        if path.startswith("gzip"):
            self.send_header("Content-Encoding", "gzip")
        if path == "brotli":
            self.send_header("Content-Encoding", "br")
        body = {"gzip": gzip.compress(BODY), "gzip_broken": b"no gzip"}.get(path, BODY)
        if not path.startswith("to_"):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def url():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        server.stop = threading.Event()
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.stop.set()
        server.shutdown()


def fetch(url, seconds=600.0, max_bytes=10_000):
    with WebFile(url, seconds, max_bytes) as file:
        return b"".join(file)


@pytest.mark.parametrize("path", ["plain", "to_plain", "gzip"])
def test_a_file_comes_whole(path, url):
    assert fetch(f"{url}/{path}") == BODY


def test_its_length_is_known_as_the_server_says_it(url):
    with WebFile(f"{url}/plain", 600, len(BODY)) as file:
        assert file.length == len(BODY)
    with WebFile(f"{url}/gzip", 600, len(BODY)) as file:
        assert file.length is None  # unpacked it is longer


@pytest.mark.parametrize("path", ["plain", "gzip"])
def test_more_than_expected_is_refused_packed_or_not(path, url):
    with pytest.raises(UserError, match=f"^more than {len(BODY) - 1:,} bytes$"):
        fetch(f"{url}/{path}", max_bytes=len(BODY) - 1)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("gzip_broken", "^it is packed with 'gzip', and cannot be unpacked"),
        ("brotli", "^it is packed with 'br', although that was not asked for$"),
        ("to_private", "^it redirects to 'http://10.0.0.1/', in a private network. If you mean that page, type its"),
    ],
)
def test_what_a_server_does_wrong_is_said(path, expected, url):
    with pytest.raises(UserError, match=expected):
        fetch(f"{url}/{path}")


def test_who_does_not_answer_is_given_up(url):
    with pytest.raises(UserError, match=r"^did not answer within 0\.5 seconds$"):
        fetch(f"{url}/silent", seconds=0.5)


def test_the_connection_may_be_the_first_to_give_up(url):
    with WebFile(f"{url}/plain", 600, len(BODY)) as file:
        file._end = time.monotonic() - 1
        file._parts.queue.appendleft(TimeoutError("timed out"))
        with pytest.raises(UserError, match=r"^did not answer within 600 seconds$"):
            next(iter(file))


def test_an_error_of_the_server_has_a_reason(url):
    with pytest.raises(urllib.error.HTTPError) as error:
        fetch(f"{url}/missing")
    assert reason_of(error.value) == "HTTP Error 404: Not Found"
    error.value.close()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (urllib.error.URLError(OSError("no\n  route")), "no route"),
        (OSError("cut off"), "cut off"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_a_reason_is_one_line(error, expected):
    assert reason_of(error) == expected


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "/nowhere"])
def test_a_detour_to_what_is_no_web_is_refused(target):
    with pytest.raises(UserError, match="expected an address that begins with http"):
        refuse_detour("http://127.0.0.1/", target)


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/",
        "http://192.168.1.1/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://127.0.0.2/",
    ],
)
def test_a_detour_inside_is_refused_but_to_the_machine_that_was_typed(target):
    with pytest.raises(UserError, match="in a private network"):
        refuse_detour("http://192.0.2.1/", target)
    refuse_detour(target, target)


def test_addresses_are_those_of_the_machine():
    assert {str(address) for address in addresses_of("http://[::ffff:127.0.0.1]:80/x")} == {"127.0.0.1"}
    assert addresses_of("http:///x") == set()


def test_the_openers_know_the_web_alone():
    with pytest.raises(urllib.error.URLError, match="unknown url type"):
        web.opener_for("file:///etc/passwd").open("file:///etc/passwd")
