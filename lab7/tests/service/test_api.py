"""The service: what it answers, what it refuses, and that nothing is lost or mixed up when many come at once."""

import base64
import io
import json
import logging
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from urllib.parse import urlsplit

import pytest
from PIL import Image

from tests.drawn_readings import line_of
from text_recognizer.recognizer.formats.plain import read_schema
from text_recognizer.recognizer.result import Character, Line, Reading
from text_recognizer.util import UserError

pytestmark = pytest.mark.extras
pytest.importorskip("fastapi", reason="the extra `service` is not installed")
pytest.importorskip("python_multipart", reason="the extra `service` is not installed")

from fastapi.testclient import TestClient  # noqa: E402

from text_recognizer.service.api import create_api  # noqa: E402
from text_recognizer.service.client import RemoteRecognizer  # noqa: E402
from text_recognizer.service.limits import Limits  # noqa: E402
from text_recognizer.service.serve import running  # noqa: E402

GIVEN_UP_SECONDS = 600  # what hangs is to end, and a machine may be busy


class WidthReader:
    """Reads how wide a picture is, as soon as its gate is open."""

    default_mode = "fast"

    def __init__(self, dirname, seconds=0.0):
        self.dirname, self.seconds = dirname, seconds
        self.num_at_once, self.most_at_once, self.lock = 0, 0, threading.Lock()
        self.has_begun, self.gate = threading.Event(), threading.Event()
        self.gate.set()

    def check_mode(self, mode):
        if mode not in (None, "fast"):
            raise UserError(f"mode {mode!r}: expected 'fast'")
        return "fast"

    def predict(self, picture, mode=None, return_details=True):
        with self.lock:
            self.num_at_once += 1
            self.most_at_once = max(self.most_at_once, self.num_at_once)
        self.has_begun.set()
        time.sleep(self.seconds)
        assert self.gate.wait(GIVEN_UP_SECONDS)
        with self.lock:
            self.num_at_once -= 1
        return Reading((line_of(f"secret {picture.width}"),), "fast")


def png(width=40, height=30):
    file = io.BytesIO()
    Image.new("L", (width, height), 200).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def reader(tmp_path):
    reader = WidthReader(tmp_path / "a_model")
    yield reader
    reader.gate.set()


@pytest.fixture
def client(reader):
    with TestClient(
        create_api(reader, Limits(max_bytes=5000, max_pixels=10_000, max_seconds=GIVEN_UP_SECONDS))
    ) as client:
        yield client


def in_base64(content):
    return {"image": base64.b64encode(content).decode()}


def test_a_form_and_json_are_answered_with_the_same_reading(client):
    jsonschema = pytest.importorskip("jsonschema")
    one = client.post("/v1/read", files={"image": ("name.png", png())}, data={"mode": "fast"})
    other = client.post("/v1/read", json=in_base64(png()))
    assert (one.status_code, one.json()["text"]) == (200, "secret 40")
    assert one.json() == other.json()
    schema = client.get("/v1/schema").json()
    jsonschema.validate(one.json(), schema)
    assert schema["$defs"] == read_schema()["$defs"]


@pytest.mark.parametrize(
    ("name", "start"), [("txt", "secret 40\n"), ("alto", "<?xml"), ("hocr", "<?xml"), ("csv", "image,")]
)
def test_other_formats_are_answered_if_asked_for(name, start, client):
    answer = client.post("/v1/read", json=in_base64(png()) | {"format": name})
    assert answer.status_code == 200
    assert answer.text.startswith(start)


@pytest.mark.parametrize(
    ("asked", "status", "message"),
    [
        ({"content": b"x"}, 415, "expected multipart/form-data or application/json"),
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400, "the body is not JSON"),
        ({"json": {"image": "https://example.org/a.png"}}, 400, "addresses are not fetched"),
        ({"json": {"image": 3}}, 400, "the picture in base64"),
        ({"json": {}}, 400, "the picture in base64"),
        ({"json": [1]}, 400, "the picture in base64"),
        ({"json": in_base64(b"no picture")}, 422, "the picture: not an image"),
        ({"json": in_base64(b"")}, 422, "the file is empty"),
        ({"json": in_base64(png(101, 100))}, 413, "101 x 100 pixels: expected at most 10,000"),
        ({"json": in_base64(bytes(5001))}, 413, "more than 5,000 bytes"),
        ({"content": bytes(200_000), "headers": {"content-type": "application/json"}}, 413, "the request has more"),
        ({"json": in_base64(png()) | {"mode": "slow"}}, 422, "mode 'slow'"),
        ({"json": in_base64(png()) | {"mode": 3}}, 400, "mode and format: expected texts"),
        ({"json": in_base64(png()) | {"format": "doc"}}, 422, "expected one of txt, json"),
        ({"files": {"picture": ("a.png", png())}}, 400, "in the field `image`"),
        ({"data": {"image": "a"}, "files": {"b": ("a.png", png())}}, 400, "in the field `image`"),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data"}}, 400, "the form cannot be read"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(asked, status, message, client):
    answer = client.post("/v1/read", **asked)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    assert message in answer.json()["error"]
    assert client.get("/health").json()["taken"] == 0


def test_openapi_describes_a_request_and_its_answers(client):
    described = client.get("/openapi.json").json()
    read = described["paths"]["/v1/read"]["post"]
    assert {"multipart/form-data", "application/json"} == read["requestBody"]["content"].keys()
    assert {"200", "413", "422", "429"} <= read["responses"].keys()
    assert described["components"]["schemas"]["line"]["properties"]["box"]
    assert "#/$defs" not in json.dumps(described)


def test_a_page_describes_the_service_and_asks_no_other_server(client):
    page = client.get("/docs").text
    assert "POST /v1/read" in page
    assert "curl -F image=@page.jpg http://testserver/v1/read" in page
    assert page.count("http") == page.count("http://testserver")


def test_health_names_the_model_and_what_there_is_to_do(client):
    assert client.get("/health").json() == {"status": "ok", "taken": 0, "waiting": 0, "model": "a_model"}


def test_the_log_has_a_line_for_each_request_and_no_text(client, caplog):
    with caplog.at_level(logging.INFO, "text_recognizer.service"):
        answer = client.post("/v1/read", files={"image": ("diary.png", png())})
        client.post("/v1/read", json={})
    one, other = [record.getMessage() for record in caplog.records if record.name == "text_recognizer.service"]
    assert one.startswith(f"{answer.headers['X-Request-Id']}: status 200, ")
    assert one.endswith(f"{len(png())} bytes, 1200 pixels")
    assert "status 400" in other
    assert "secret" not in caplog.text
    assert "diary" not in caplog.text


@pytest.fixture
def serve(reader):
    """Serve on loopback with limits, as `read-paragraph serve` does."""

    def with_limits(**limits):
        patient = {"max_seconds": GIVEN_UP_SECONDS} | limits
        return running(create_api(reader, Limits(**patient)), "127.0.0.1", 0)

    return with_limits


def test_sixteen_clients_at_once_get_each_its_own_reading(serve, reader):
    reader.seconds = 0.002
    widths = range(40, 40 + 16 * 8)
    with serve(max_running=2) as url, ThreadPoolExecutor(16) as clients:
        recognizer = RemoteRecognizer(url, GIVEN_UP_SECONDS)
        texts = clients.map(lambda width: recognizer.predict(Image.new("L", (width, 30), 200)).text, widths)
        assert [*texts] == [f"secret {width}" for width in widths]
    assert reader.most_at_once <= 2


def test_who_comes_when_too_many_wait_is_told_when_to_come_back(serve, reader):
    import urllib.error
    import urllib.request

    reader.gate.clear()
    body = json.dumps(in_base64(png())).encode()

    def post(_):
        request = urllib.request.Request(f"{url}/v1/read", body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, None
        except urllib.error.HTTPError as error:
            return error.code, error.headers["Retry-After"]

    with serve(max_running=1, max_waiting=2) as url, ThreadPoolExecutor(8) as clients:
        answers = []
        for answered in as_completed([clients.submit(post, i) for i in range(8)]):
            answers.append(answered.result())
            if len(answers) == 5:  # what runs and what waits is answered after the others
                reader.gate.set()
    assert [status for status, _ in answers] == [429] * 5 + [200] * 3
    assert all(int(after) >= 1 for _, after in answers[:5])


def test_what_takes_too_long_is_given_up_and_holds_its_place_until_it_ends(reader):
    reader.gate.clear()
    with TestClient(create_api(reader, Limits(max_seconds=3))) as client:
        answer = client.post("/v1/read", json=in_base64(png()))
        assert (answer.status_code, client.get("/health").json()["taken"]) == (503, 1)
        reader.gate.set()
        end = time.monotonic() + GIVEN_UP_SECONDS
        while client.get("/health").json()["taken"] and time.monotonic() < end:
            time.sleep(0.01)
        assert client.get("/health").json()["taken"] == 0


def test_a_request_that_runs_is_answered_although_the_service_stops(serve, reader):
    reader.gate.clear()
    with ThreadPoolExecutor(2) as clients:
        with serve() as url:
            answer = clients.submit(RemoteRecognizer(url, GIVEN_UP_SECONDS).predict, Image.new("L", (77, 30), 200))
            assert reader.has_begun.wait(GIVEN_UP_SECONDS)
            clients.submit(open_when_nobody_listens, reader.gate, url)
        assert answer.result().text == "secret 77"


def open_when_nobody_listens(gate, url):
    """Open a gate as soon as a service takes no more requests."""
    address, end = (urlsplit(url).hostname, urlsplit(url).port), time.monotonic() + GIVEN_UP_SECONDS
    while time.monotonic() < end:
        try:
            socket.create_connection(address, GIVEN_UP_SECONDS).close()
        except ConnectionError:
            break
        time.sleep(0.01)
    gate.set()


def test_a_client_says_what_a_service_says(serve):
    with serve(max_pixels=100) as url, pytest.raises(UserError, match="50 x 30 pixels: expected at most 100"):
        RemoteRecognizer(url, GIVEN_UP_SECONDS).predict(Image.new("L", (50, 30)))
    with pytest.raises(UserError, match="no reading came back"):
        RemoteRecognizer(url, GIVEN_UP_SECONDS).predict(Image.new("L", (50, 30)))
    with pytest.raises(UserError, match="expected an address that begins with http"):
        RemoteRecognizer("localhost")


def test_characters_keep_their_places_on_the_way(serve, reader, monkeypatch):
    reading = Reading((Line((Character("é", 0.5, (1.5, 2.5)),), (0, 0, 3, 5)),), "fast")
    monkeypatch.setattr(reader, "predict", lambda *args, **kwargs: reading)
    with serve() as url:
        assert RemoteRecognizer(url, GIVEN_UP_SECONDS).predict(Image.new("L", (50, 30))) == reading
