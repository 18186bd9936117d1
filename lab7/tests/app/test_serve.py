"""`read-paragraph serve`: its command line, and the page and the service behind one address."""

import urllib.request

import pytest

from tests.tiny_artifact import make_config, write_artifact
from text_recognizer.app import serve
from text_recognizer.app.offline import POLICY
from text_recognizer.paragraph_text_recognizer import main
from text_recognizer.service.limits import Limits


def test_limits_are_written_once():
    args = vars(serve.build_parser().parse_args([]))
    assert Limits(**{name: args[name] for name in vars(Limits())}) == Limits()


def test_it_serves_on_this_machine_alone_unless_told():
    assert serve.build_parser().parse_args([]).host == "127.0.0.1"


def test_missing_packages_are_named(monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["serve", "--api_only"]) == 2
    assert capsys.readouterr().err == (
        "error: fastapi, uvicorn, python-multipart: not installed. "
        "Type: python -m pip install fastapi uvicorn python-multipart\n"
    )


@pytest.fixture
def artifact_dirname(tmp_path):
    config = make_config(model_class="ParagraphResNetLSTM", model_flags={"stem_dim": 2, "lstm_dim": 4}, loss="ctc")
    write_artifact(tmp_path / "artifact", config)
    return tmp_path / "artifact"


@pytest.mark.extras
def test_the_page_and_the_service_share_an_address(artifact_dirname, tmp_path):
    pytest.importorskip("gradio", reason="the extra `app` is not installed")
    from text_recognizer.service.serve import running

    argv = [f"--artifact_dirname={artifact_dirname}", f"--corrections={tmp_path / 'kept'}"]
    api = serve.build_application(serve.build_parser().parse_args(argv))
    with running(api, "127.0.0.1", 0) as url:
        with urllib.request.urlopen(url) as answer:
            assert b"Read handwriting" in answer.read()
            assert answer.headers["Content-Security-Policy"] == POLICY
        with urllib.request.urlopen(f"{url}/health") as answer:
            assert b'"model":"artifact"' in answer.read()


@pytest.mark.extras
def test_the_page_tells_what_is_wrong(artifact_dirname, tmp_path):
    pytest.importorskip("gradio", reason="the extra `app` is not installed")
    from text_recognizer.app.page import Page
    from text_recognizer.app.reading_room import ReadingRoom, ReadsHere

    page = Page(ReadingRoom(ReadsHere(), tmp_path), [str(artifact_dirname)])
    assert (
        page._read(None, str(artifact_dirname), "best")[3]
        == "⚠ There is no picture yet. Drop one here, paste one or take one."
    )
    assert page._keep(None, [], "") == "⚠ There is nothing yet. Read a picture first."
    assert page._make_files(None, [])[1] == "⚠ There is nothing yet. Read a picture first."
