import json

import numpy as np
import pytest
from PIL import Image, ImageFont

from text_recognizer.handwriting import fonts, hands
from text_recognizer.handwriting.fonts import UNKNOWN, index_entry, measure_font, missing_characters
from text_recognizer.handwriting.hands import HERSHEY_FACES, INDEX_NAME, X_HEIGHT, find_hands, read_table
from text_recognizer.util import UserError
from text_recognizer.vocabulary import CHARACTERS

TABLE = read_table()
IN_USE, HELD_OUT = "caveat", next(family.name for family in TABLE.values() if family.held_out)


def write_font(filename):
    """Write the font that Pillow carries: a whole font file, though no handwriting."""
    filename.write_bytes(ImageFont.load_default(10).path.getvalue())
    return filename


@pytest.fixture
def font_folder(tmp_path):
    """A folder with one family to train on and one that is held out."""
    entries = [index_entry(write_font(tmp_path / f"{name}-400.woff2"), name) for name in (IN_USE, HELD_OUT)]
    (tmp_path / INDEX_NAME).write_text(json.dumps(entries))
    return tmp_path


def test_the_table_has_enough_families_under_free_licences():
    assert len(TABLE) >= 120
    assert {family.licence for family in TABLE.values()} == {"OFL-1.1", "Apache-2.0"}
    assert {family.look for family in TABLE.values()} == {"everyday", "formal"}


def test_about_one_family_in_six_is_held_out_and_none_of_its_kin_is_in_use():
    held_out = {name for name, family in TABLE.items() if family.held_out}
    assert 1 / 8 < len(held_out) / len(TABLE) < 1 / 5
    first_words = [{name.split("-")[0] for name in names} for names in (held_out, TABLE.keys() - held_out)]
    assert first_words[0].isdisjoint(first_words[1])


def test_fonts_and_hersheys_strokes_are_shared_out_among_training_and_validation(font_folder):
    train, val = (set(find_hands(split, font_folder).families) for split in ("train", "val"))
    assert IN_USE in train
    assert HELD_OUT in val
    assert train.isdisjoint(val)
    assert len(train | val) == 2 + len(HERSHEY_FACES)


def test_a_missing_folder_of_fonts_leaves_hersheys_strokes(tmp_path):
    assert all(family.startswith("hershey-") for family in find_hands("train", tmp_path / "none").families)
    assert "make fonts" in hands.describe_hands()


def test_a_family_that_is_not_in_the_table_is_not_written_with(font_folder):
    entries = [index_entry(font_folder / f"{IN_USE}-400.woff2", "somebody-elses")]
    (font_folder / INDEX_NAME).write_text(json.dumps(entries))
    find_hands.cache_clear()
    assert "somebody-elses" not in find_hands("train", font_folder).families


@pytest.mark.parametrize("content", ["", "[{", "{}x", "{}", "[" * 100_000, '[{"file": 3}]'])
def test_a_damaged_index_says_what_to_type(tmp_path, content):
    (tmp_path / INDEX_NAME).write_text(content)
    with pytest.raises(UserError, match="make fonts"):
        find_hands("train", tmp_path)


def test_a_damaged_font_says_what_to_type(font_folder):
    (font_folder / f"{HELD_OUT}-400.woff2").write_bytes(b"<!doctype html>")
    hand = next(hand for hand in find_hands("val", font_folder).hands if hand.family == HELD_OUT)
    with pytest.raises(UserError, match="make fonts"):
        hand.width("a")


class WithoutQ:
    """A font that has no q: it draws one as it draws every unknown character."""

    def __init__(self, font):
        self.font = font

    def getmask(self, text):
        return self.font.getmask(text.replace("q", UNKNOWN))


def test_a_missing_glyph_is_noticed(tmp_path, monkeypatch):
    font = ImageFont.load_default(20)
    assert missing_characters(font) == []
    assert missing_characters(WithoutQ(font)) == ["q"]
    monkeypatch.setattr(fonts, "open_font", lambda filename, size: WithoutQ(font))
    with pytest.raises(UserError, match="no glyph for q"):
        measure_font(tmp_path / "font.woff2")


def test_what_is_measured_is_near_what_a_font_is(tmp_path):
    metrics = measure_font(write_font(tmp_path / "font.woff2"))
    assert 0.4 < metrics.x_height < 0.6
    assert 1.2 < metrics.ascent < 1.8
    assert 0.2 < metrics.descent < 0.6
    assert 0.05 < metrics.hairline <= metrics.stroke * 1.2 < 0.4


@pytest.mark.parametrize("split", ["train", "val"])
def test_hersheys_hands_write_the_whole_vocabulary_at_the_same_height(split, tmp_path):
    for hand in find_hands(split, tmp_path).hands:
        for character in CHARACTERS.replace(" ", ""):
            assert ink_of(hand, character).any(), f"{hand.family} writes nothing for {character}"
        rows = np.flatnonzero(ink_of(hand, "x").any(axis=1))
        assert X_HEIGHT - 3 <= rows[-1] - rows[0] <= X_HEIGHT + 5


def ink_of(hand, text):
    image = Image.new("L", (round(hand.width(text)) + 4 * X_HEIGHT, 8 * X_HEIGHT))
    hand.draw(image, text, 2 * X_HEIGHT, 4 * X_HEIGHT, 0)
    return np.asarray(image) > 128


def test_hands_are_drawn_by_weight(font_folder):
    find_hands.cache_clear()
    found, rng = find_hands("train", font_folder), np.random.default_rng(0)
    drawn = [found.draw(rng).family for _ in range(2000)]
    total = sum(hand.weight for hand in found.hands)
    assert drawn.count(IN_USE) / len(drawn) == pytest.approx(1 / total, abs=0.05)
