"""The artifacts that the course ships: whole, described truly, and able to read."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from text_recognizer.evaluation.edits import char_edits
from text_recognizer.recognizer.artifact import load_artifact
from text_recognizer.recognizer.artifact_files import ARTIFACTS_DIRNAME, NGRAMS_FILENAME, WEIGHTS_FILENAME
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from text_recognizer.util import UserError
from training.runs.artifact_places import refuse_what_is_there

LAB_DIRNAME = Path(__file__).resolve().parents[2]
OPEN = "paragraph_text_recognizer_open"
READERS = ("line_text_recognizer", "paragraph_text_recognizer", "resnet_transformer", OPEN)
CARDS = ("line_finder", "print_finder", "way_up_finder", *READERS)
SHIPPED = (*CARDS, "paragraph_text_recognizer/lines", f"{OPEN}/lines")
PAGE_FILENAME = LAB_DIRNAME / "pictures" / "page.jpg"
WRITTEN = (LAB_DIRNAME / "pictures" / "page.txt").read_text(encoding="utf-8").rstrip("\n")
MOST_BYTES = 35_000_000


@pytest.fixture(scope="module")
def recognizer():
    return ParagraphTextRecognizer()


@pytest.mark.parametrize("name", SHIPPED)
def test_it_is_whole_and_small_enough_for_git(name):
    dirname = ARTIFACTS_DIRNAME / name
    model, config = load_artifact(dirname)
    assert type(model).__name__ == config["model_class"]
    assert sum(path.stat().st_size for path in dirname.rglob("*")) < MOST_BYTES


@pytest.mark.parametrize("name", SHIPPED)
def test_it_tells_how_it_came_about_and_what_it_is_worth(name):
    dirname = ARTIFACTS_DIRNAME / name
    commands = (dirname / "run_command.txt").read_text().splitlines()
    config = json.loads((dirname / "config.json").read_text())
    *_, training = (command for command in commands if "run_experiment.py" in command)  # an average may come after it
    assert f"--data_class={config['data_class']}" in training
    assert f"--model_class={config['model_class']}" in training
    assert not any("=/" in command for command in commands)  # a path of one machine


@pytest.mark.parametrize("name", CARDS)
def test_its_card_says_what_it_cannot_do_and_measures_what_is_shipped(name):
    card = (ARTIFACTS_DIRNAME / name / "model_card.md").read_text()
    assert all(word in card for word in ("Licence", "What it cannot do"))
    rates = [float(rate) for rate in re.findall(r"(\d+(?:\.\d+)?) %", card)]
    assert rates
    assert all(0 < rate < 100 for rate in rates)


@pytest.mark.parametrize("name", CARDS)
def test_nothing_is_saved_in_its_place_without_a_word(name):
    with pytest.raises(UserError, match="ships with the course"):
        refuse_what_is_there(name)


def test_pages_are_looked_at_with_the_model_of_lines_that_is_shipped(recognizer):
    assert recognizer.modes == ("careful", "fast")
    one, other = (ARTIFACTS_DIRNAME / name for name in ("line_text_recognizer", "paragraph_text_recognizer/lines"))
    for name in (WEIGHTS_FILENAME, NGRAMS_FILENAME, "config.json", "run_command.txt"):
        assert (one / name).read_bytes() == (other / name).read_bytes()


def test_the_open_one_has_learnt_from_nothing_that_is_for_research_only():
    for dirname in (ARTIFACTS_DIRNAME / OPEN, ARTIFACTS_DIRNAME / OPEN / "lines"):
        assert "IAM" not in (dirname / "run_command.txt").read_text() + (dirname / "config.json").read_text()
    assert "CC-BY" in (ARTIFACTS_DIRNAME / OPEN / "model_card.md").read_text()


def test_the_open_one_is_known_by_its_name_and_reads():
    recognizer = ParagraphTextRecognizer(OPEN)
    assert recognizer.modes == ("careful", "fast")
    assert char_edits(WRITTEN, recognizer.predict(PAGE_FILENAME)) < 0.1 * len(WRITTEN)


def test_a_page_that_was_in_no_training_is_read(recognizer):
    with Image.open(PAGE_FILENAME) as page:
        read = recognizer.predict(page)
    assert read.count("\n") == WRITTEN.count("\n")
    assert char_edits(WRITTEN, read) < 0.1 * len(WRITTEN)


def test_the_closer_look_earns_its_place_on_it(recognizer):
    careful, fast = (recognizer.predict(PAGE_FILENAME, mode) for mode in ("careful", "fast"))
    assert char_edits(WRITTEN, careful) < char_edits(WRITTEN, fast)


def test_turned_colours_are_read_alike(recognizer):
    with Image.open(PAGE_FILENAME) as page:
        inverted = Image.eval(page.convert("L"), lambda value: 255 - value)
    assert char_edits(recognizer.predict(PAGE_FILENAME), recognizer.predict(inverted)) < 0.1 * len(WRITTEN)


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("mode", ["careful", "fast"])
def test_a_page_is_read_however_it_lies(recognizer, mode, quarters):
    with Image.open(PAGE_FILENAME) as page:
        turned = page.rotate(90 * quarters, expand=True)
    upright, reading = recognizer.predict(PAGE_FILENAME, mode), recognizer.predict(turned, mode, return_details=True)
    assert char_edits(upright, reading.text) < 0.05 * len(WRITTEN)
    first, second = (line.outline[0] for line in reading.lines[:2])
    down = [other - one for one, other in zip(first, second, strict=True)]  # from the first line to the second
    expected = {1: (1, 0), 2: (0, -1), 3: (-1, 0)}[quarters]
    assert sum(one * other for one, other in zip(down, expected, strict=True)) > 30


def test_each_line_is_where_it_is_written(recognizer):
    reading = recognizer.predict(PAGE_FILENAME, return_details=True)
    middles = [(line.box[1] + line.box[3]) / 2 for line in reading.lines]
    assert middles == sorted(middles)
    assert 0.5 < reading.confidence <= 1


def test_the_command_reads_it():
    script = "text_recognizer/paragraph_text_recognizer.py"
    result = subprocess.run(
        [sys.executable, script, str(PAGE_FILENAME)], cwd=LAB_DIRNAME, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert char_edits(WRITTEN, result.stdout.rstrip("\n")) < 0.15 * len(WRITTEN)


def test_weights_are_half_precision():
    for name in SHIPPED:
        weights = torch.load(ARTIFACTS_DIRNAME / name / WEIGHTS_FILENAME, weights_only=True)
        assert {value.dtype for value in weights.values() if value.is_floating_point()} == {torch.float16}
