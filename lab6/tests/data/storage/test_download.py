"""The real download code against a server on this machine."""

import hashlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from text_recognizer.data.storage.download import find_or_download, read_metadata
from text_recognizer.util import UserError

CONTENT = bytes(range(256)) * 6000  # more than one chunk
SHA256 = hashlib.sha256(CONTENT).hexdigest()
OTHER = b"some other data"
PAGE = b"\n <!DOCTYPE HTML><html><title>We have moved</title></html>"
ANSWERS = {  # path: status, headers, body
    "/good": (200, {"Content-Length": len(CONTENT)}, CONTENT),
    "/good-without-length": (200, {}, CONTENT),
    "/other": (200, {"Content-Length": len(OTHER)}, OTHER),
    "/page": (200, {"Content-Type": "text/html"}, PAGE),
    "/empty": (200, {"Content-Length": 0}, b""),
    "/truncated": (200, {"Content-Length": len(CONTENT)}, CONTENT[:-1]),
    "/truncated-without-length": (200, {}, CONTENT[:-1]),
    "/truncated-chunk": (200, {"Transfer-Encoding": "chunked"}, b"ff\r\nonly these"),
    "/gone": (404, {}, PAGE),
    "/broken": (500, {}, b""),
}
# What is said of each; a connection that is refused or makes no sense is among them.
REASONS = {
    "/other": f"not the official file: SHA-256 {hashlib.sha256(OTHER).hexdigest()}, expected {SHA256}",
    "/page": "HTML page",
    "/empty": "not the official file",
    "/truncated": "truncated: 1,535,999 of 1,536,000 bytes came",
    "/truncated-without-length": "not the official file",
    "/truncated-chunk": "IncompleteRead",
    "/gone": "Not Found",
    "/broken": "Internal Server Error",
    "/silent": "closed connection without response",
    "/nonsense": "what is this",
    "refused": "refused",
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requested.append(self.path)
        if self.path in ("/silent", "/nonsense"):
            self.wfile.write(b"" if self.path == "/silent" else b"what is this\r\n\r\n")
            return
        status, headers, body = ANSWERS[self.path]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    # A port that is taken, and where nobody listens, refuses for as long as it is taken; a free one may be given away.
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        server.requested, server.deaf_port = [], deaf.getsockname()[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def filename(tmp_path):
    return tmp_path / "downloaded" / "set" / "data.bin"


def url_of(server, path):
    if path == "refused":
        return f"http://127.0.0.1:{server.deaf_port}/data.bin"
    return f"http://127.0.0.1:{server.server_port}{path}"


def files_under(dirname):
    return [path for path in dirname.rglob("*") if path.is_file()]


@pytest.mark.parametrize("path", ["/good", "/good-without-length"])
def test_the_official_file_is_downloaded_whole(server, filename, tmp_path, path):
    assert find_or_download(filename, SHA256, [url_of(server, path)]) == filename
    assert filename.read_bytes() == CONTENT
    assert files_under(tmp_path) == [filename]


@pytest.mark.parametrize("path", REASONS)
def test_anything_else_is_not_accepted_and_the_error_says_why(server, filename, tmp_path, path):
    url = url_of(server, path)
    with pytest.raises(UserError) as caught:
        find_or_download(filename, SHA256, [url], "Or read a book.")
    message = str(caught.value)
    for part in ("data.bin is missing", url, REASONS[path], str(filename.parent), "Or read a book."):
        assert part in message
    assert "\n" not in message
    assert files_under(tmp_path) == []


@pytest.mark.parametrize("path", REASONS)
def test_where_the_first_address_fails_the_second_is_tried(server, filename, tmp_path, path):
    find_or_download(filename, SHA256, [url_of(server, path), url_of(server, "/good")])
    assert server.requested[-1] == "/good"
    assert filename.read_bytes() == CONTENT
    assert files_under(tmp_path) == [filename]


def test_where_the_first_address_serves_the_second_is_not_asked(server, filename):
    find_or_download(filename, SHA256, [url_of(server, "/good"), url_of(server, "/other")])
    assert server.requested == ["/good"]


def test_the_error_names_every_address_with_its_own_reason(server, filename):
    urls = {path: url_of(server, path) for path in ("/gone", "/other", "refused")}
    with pytest.raises(UserError) as caught:
        find_or_download(filename, SHA256, list(urls.values()))
    message = str(caught.value)
    positions = [message.index(text) for path, url in urls.items() for text in (url, REASONS[path])]
    assert positions == sorted(positions)


def test_what_was_downloaded_is_not_downloaded_again(server, filename, capsys):
    find_or_download(filename, SHA256, [url_of(server, "/good")])
    capsys.readouterr()
    find_or_download(filename, SHA256, [url_of(server, "/good")])
    assert server.requested == ["/good"]
    assert capsys.readouterr().out == ""


def test_a_users_own_file_is_used_as_it_is_and_its_hash_is_printed(server, filename, capsys):
    filename.parent.mkdir(parents=True)
    filename.write_bytes(OTHER)
    assert find_or_download(filename, SHA256, [url_of(server, "/good")]) == filename
    assert filename.read_bytes() == OTHER
    assert server.requested == []
    out = capsys.readouterr().out
    assert str(filename) in out
    assert hashlib.sha256(OTHER).hexdigest() in out


def test_the_official_file_put_there_by_hand_prints_nothing(server, filename, capsys):
    filename.parent.mkdir(parents=True)
    filename.write_bytes(CONTENT)
    assert find_or_download(filename, SHA256, [url_of(server, "/good")]) == filename
    assert server.requested == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("page", [PAGE, b"<html>", b"<!doctype html>", b"  \r\n<HTML lang=en>"])
def test_a_saved_web_page_is_refused_and_left_to_the_user(server, filename, page):
    filename.parent.mkdir(parents=True)
    filename.write_bytes(page)
    with pytest.raises(UserError, match="HTML page") as caught:
        find_or_download(filename, SHA256, [url_of(server, "/good")])
    assert str(filename) in str(caught.value)
    assert filename.read_bytes() == page
    assert server.requested == []


def test_metadata_is_read(tmp_path):
    (tmp_path / "metadata.toml").write_text('filename = "data.bin"\nurls = ["http://127.0.0.1/data.bin"]\n')
    assert read_metadata(tmp_path / "metadata.toml") == {
        "filename": "data.bin",
        "urls": ["http://127.0.0.1/data.bin"],
    }
