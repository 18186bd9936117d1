"""What weights may be used for is told with each reading, and asked for by a word."""

import json

import pytest

from tests.tiny_artifact import draw_page, make_config, write_artifact
from text_recognizer.recognizer import command, licence
from text_recognizer.recognizer.artifact_files import ARTIFACTS_DIRNAME, CONFIG_FILENAME, read_config
from text_recognizer.recognizer.formats import FORMATS
from text_recognizer.recognizer.formats.page_result import PageResult
from text_recognizer.recognizer.formats.plain import page_as_dict, page_from_dict
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from text_recognizer.util import UserError

SAID = {"use": "research", "text": "for teaching only"}


@pytest.fixture
def dirname(tmp_path):
    config = make_config((96, 320), model_class="ParagraphResNetLSTM", loss="ctc")
    config["model_flags"] = {"stem_dim": 2, "lstm_dim": 4}
    write_artifact(tmp_path / "tiny", config | {"licence": SAID})
    return tmp_path / "tiny"


@pytest.mark.parametrize("name", sorted(path.name for path in ARTIFACTS_DIRNAME.glob("*_text_recognizer*")))
def test_each_shipped_artifact_states_its_licence(name):
    config = json.loads((ARTIFACTS_DIRNAME / name / "config.json").read_text(encoding="utf-8"))
    stated = licence.licence_of(config)
    assert stated.use == ("commercial" if name.endswith("_open") else "research")
    assert stated.text


def test_a_reading_states_it_and_json_keeps_it(dirname):
    reading = ParagraphTextRecognizer(dirname).predict(draw_page(), return_details=True)
    assert reading.licence == SAID["text"]
    result = PageResult("a.png", reading)
    assert json.loads(FORMATS["json"].content([result]))[0]["licence"] == SAID["text"]
    assert page_from_dict(page_as_dict(result, exact=True)).reading == reading


def test_an_artifact_that_says_nothing_has_none():
    assert licence.licence_of({}) == ("", "")


def test_an_artifact_for_research_is_refused_for_other_use(dirname):
    with pytest.raises(UserError, match=r"tiny: not for commercial use \(for teaching only\)"):
        ParagraphTextRecognizer(dirname, licence="commercial")
    assert ParagraphTextRecognizer(dirname, licence="research").licence == tuple(SAID.values())


def test_an_unknown_licence_is_refused():
    with pytest.raises(UserError, match="licence 'gpl': expected one of research, commercial"):
        ParagraphTextRecognizer(licence="gpl")


def test_a_word_takes_the_open_artifact_and_says_what_that_costs(tmp_path, capsys):
    draw_page(["so"], (200, 100), 50, (20, 20)).save(tmp_path / "page.png")
    assert command.main([str(tmp_path / "page.png"), "--licence=commercial", "--format=json"]) == 0
    printed = capsys.readouterr()
    assert "BAnQ" in json.loads(printed.out)[0]["licence"]
    (note,) = (line for line in printed.err.splitlines() if line.startswith("note: reading with"))
    rate = read_config(ARTIFACTS_DIRNAME / "paragraph_text_recognizer_open" / CONFIG_FILENAME)["pages"]["test_cer"]
    said = f"paragraph_text_recognizer_open: on test pages of IAM it reads {rate:.1%} of the characters wrongly"
    assert said in note
