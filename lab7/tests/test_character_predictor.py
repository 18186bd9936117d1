"""The predictor that ships names the character on each of three pictures that were in no training."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from text_recognizer.character_predictor import CharacterPredictor, find_character, main
from text_recognizer.recognizer.artifact_files import ARTIFACTS_DIRNAME, WEIGHTS_FILENAME
from text_recognizer.util import UserError

PICTURES = ("8", "U", "e")


@pytest.fixture(scope="module")
def predictor():
    return CharacterPredictor()


@pytest.mark.parametrize("character", PICTURES)
@pytest.mark.parametrize("change", [lambda picture: picture, ImageOps.invert, lambda picture: picture.resize((60, 60))])
def test_a_picture_of_a_character_is_read(predictor, character, change):
    with Image.open(f"pictures/{character}.jpg") as picture:
        read, confidence = predictor.predict(change(picture.convert("RGB")))
    assert read == character
    assert 0.5 < confidence <= 1


def test_probabilities_of_all_classes_add_up_to_one(predictor):
    probabilities = predictor.probabilities("pictures/8.jpg")
    assert probabilities.shape == (62,)
    assert probabilities.sum().item() == pytest.approx(1, abs=1e-4)


def test_it_does_not_matter_where_on_the_paper_it_is_and_how_large():
    with Image.open("pictures/U.jpg") as picture:
        wide = ImageOps.expand(picture.convert("L"), 40, fill=240)
        one, other = (find_character(np.asarray(each), "U") for each in (picture.convert("L"), wide))
    assert np.abs(one.astype(int) - other).mean() < 12


def test_an_empty_picture_is_an_error(predictor):
    with pytest.raises(UserError, match="nothing is written on it"):
        predictor.predict(Image.new("L", (50, 40), 200))


def test_the_command_reads_what_it_can_and_says_what_it_cannot(capsys, tmp_path):
    Image.new("L", (30, 30), 255).save(tmp_path / "empty.png")
    assert main(["pictures/8.jpg", str(tmp_path / "empty.png")]) == 1
    captured = capsys.readouterr()
    assert captured.out.startswith("pictures/8.jpg: 8 ")
    assert captured.err.count("\n") == 1


def test_a_model_of_texts_is_refused():
    with pytest.raises(UserError, match="reads texts, not single characters"):
        CharacterPredictor("line_text_recognizer")


def test_it_is_small_and_its_card_names_data_and_licences():
    dirname = ARTIFACTS_DIRNAME / "character_predictor"
    assert (dirname / WEIGHTS_FILENAME).stat().st_size <= 1_000_000
    card = (dirname / "model_card.md").read_text(encoding="utf-8")
    assert all(word in card for word in ("Licence", "MNIST", "Chars74K", "What it cannot do"))
