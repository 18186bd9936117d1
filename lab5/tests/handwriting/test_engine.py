"""Lines, pages, cameras and the command that shows them."""

import hashlib
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from text_recognizer.data.prose.text import TextSource
from text_recognizer.handwriting.camera import LOOKS, Camera, draw_camera
from text_recognizer.handwriting.example import LINE_HEIGHT, draw_example
from text_recognizer.handwriting.hands import X_HEIGHT, find_hands
from text_recognizer.handwriting.letters import draw_letters
from text_recognizer.handwriting.line import DrawnLine, draw_line
from text_recognizer.handwriting.page import Aim, draw_layout, draw_page, lay_out, take_picture
from text_recognizer.handwriting.shape import draw_shape
from text_recognizer.handwriting.writer import draw_writer
from text_recognizer.images.constants import INK
from training.studies.draw_handwriting import main

LAB_DIRNAME = Path(__file__).resolve().parents[2]
HANDS = find_hands("train")
SHIPS = tuple(f"The {word} saw five old ships." for word in ("boy", "dog", "cat", "owl", "fox", "hen", "elk", "ant"))
TEXTS = TextSource("train", SHIPS)
SHAPE = (288, 320)
IN_A_PROCESS = """
from tests.handwriting.test_engine import digest
print(digest())
"""


def digest():
    """Return a hash of the pixels of a few lines and a page."""
    pixels = [draw_example(HANDS, TEXTS, np.random.default_rng([7, i])).image for i in range(6)]
    pixels.append(draw_page(HANDS, TEXTS, SHAPE, np.random.default_rng([7, 0]), 3).image)
    return hashlib.sha256(b"".join(image.tobytes() for image in pixels)).hexdigest()


def test_the_same_seed_gives_the_same_pixels_in_another_process():
    command = [sys.executable, "-c", IN_A_PROCESS]
    result = subprocess.run(command, cwd=LAB_DIRNAME, capture_output=True, text=True, check=True)
    assert result.stdout.split()[-1] == digest() == digest()


def test_each_example_is_another():
    images = {draw_example(HANDS, TEXTS, np.random.default_rng(i)).image.tobytes() for i in range(10)}
    assert len(images) == 10


@pytest.mark.parametrize("seed", range(8))
def test_each_word_has_a_box_around_its_ink(seed):
    rng = np.random.default_rng(seed)
    text = "Each word has one box."
    line = draw_line(draw_writer(HANDS, rng, elastic=0.02), text, rng, with_words=True)
    assert len(line.words) == len(text.split())
    lefts = [left for left, *_ in line.words]
    assert lefts == sorted(lefts)
    outside = line.image.copy()
    for left, top, right, bottom in line.words:
        outside[top:bottom, left:right] = 0
    assert (outside > INK).sum() == 0


def test_a_longer_text_is_longer_and_a_crossed_out_word_is_ink():
    rng = np.random.default_rng(0)
    writer = draw_writer(HANDS, rng)
    widths = [draw_line(writer, text, rng).image.shape[1] for text in ("on", "on it", "on it we stood", "on # it we")]
    assert widths[0] < widths[1] < widths[2]
    assert widths[3] > widths[1]


@pytest.mark.parametrize(
    ("setting", "values"),
    [("stroke", (0.08, 0.3)), ("slant", (-20, 30)), ("stretch", (0.8, 1.8)), ("ascent", (1.5, 3.2))],
)
def test_what_sets_a_writer_shows(setting, values):
    calm = {"word_jitter": 0.0, "letter_jitter": 0.0, "elastic": 0.0, "drift": 0.0, "wander": 0.0, "haste": 0.0}
    hand, seen = HANDS.hands[0], []
    for value in values:
        rng = np.random.default_rng(1)
        writer = draw_writer(HANDS, rng, hand=hand, borrowed={}, **({"slant": 0.0} | calm | {setting: value}))
        image = draw_line(writer, "hill hill", np.random.default_rng(2)).image > 128
        rows, columns = np.nonzero(image)
        lean = -np.polyfit(rows, columns - columns.mean(), 1)[0]
        height, width = image.shape
        seen.append({"stroke": image.sum(), "slant": lean, "stretch": width, "ascent": height}[setting])
    assert seen[1] > seen[0]


def test_the_map_of_a_calm_writer_keeps_letters_upright_and_in_place():
    calm = dict.fromkeys(("word_jitter", "letter_jitter", "elastic", "drift", "wander", "haste", "slant"), 0.0)
    rng = np.random.default_rng(0)
    writer = draw_writer(HANDS, rng, borrowed={}, stretch=1.0, **calm)
    drawn = draw_letters(writer, "calm", rng)
    shape = draw_shape(writer, drawn.image.shape, drawn.baseline, drawn.words, rng)
    middle = round(shape.baseline) - X_HEIGHT // 2  # within an x, where nothing is stretched
    assert np.allclose(np.diff(shape.x[middle]), 1, atol=1e-2)
    assert np.ptp(shape.x[:, 100]) < 1e-2
    assert shape.y[middle, 100] == pytest.approx(drawn.baseline - (shape.baseline - middle), abs=0.1)


@pytest.mark.parametrize("look", LOOKS)
def test_a_photograph_keeps_its_shape_and_shows_the_ink(look):
    rng = np.random.default_rng(4)
    ink = draw_line(draw_writer(HANDS, rng, stroke=0.25), "seen in any light", rng).image
    for i in range(10):
        rng = np.random.default_rng(i)
        image = draw_camera(rng, look).photograph(ink, ink.shape[0] * 0.6, X_HEIGHT, rng)
        assert image.shape == ink.shape
        assert image.dtype == np.uint8
        assert image[ink > 200].mean() > image[ink < 20].mean() + 25


def test_an_example_is_a_line_with_paper_around_it():
    for i in range(10):
        example = draw_example(HANDS, TEXTS, np.random.default_rng(i), "scanned clean")
        assert example.image.shape[0] == LINE_HEIGHT
        assert example.image.dtype == np.uint8
        assert example.image.max() > 150 > np.median(example.image)


@pytest.mark.parametrize("seed", range(6))
def test_all_ink_of_a_page_is_in_the_boxes_of_its_lines(seed):
    rng = np.random.default_rng(seed)
    writer = draw_writer(HANDS, rng)
    texts = TEXTS.paragraph(5, rng, 25)
    drawn = [draw_line(writer, text, rng, with_words=True) for text in texts]
    sheet, corners = lay_out(drawn, draw_layout(writer, rng), rng)
    plain = Camera("scanned clean", 1.0, 0.0, 0.0, 0.0, 3.0, 0.0, None, draw_camera(rng).effects)
    page = take_picture(sheet, corners, texts, plain, SHAPE, rng)
    assert page.image.shape == SHAPE
    assert page.text == "\n".join(texts)
    rest = page.image.copy()
    for line in page.lines:
        left, top, right, bottom = line.box
        assert 0 <= left < right <= SHAPE[1]
        assert 0 <= top < bottom <= SHAPE[0]
        assert len(line.words) == len(line.text.split())
        rest[max(0, top - 1) : bottom + 1, max(0, left - 1) : right + 1] = 0
    assert page.image.max() > 150
    assert (rest > 100).sum() == 0


def test_the_sheet_is_written_and_an_unwritable_place_is_named(tmp_path):
    main(["--num_lines=1", f"--out={tmp_path / 'sheet.png'}"])
    assert (tmp_path / "sheet.png").stat().st_size > 10_000
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit, match="file: cannot be read or written"):
        main(["--num_lines=1", f"--out={tmp_path / 'file' / 'sheet.png'}"])


def test_a_sheet_goes_where_it_is_aimed():
    rng = np.random.default_rng(0)
    sheet = np.full((100, 200), 255, np.uint8)
    plain = Camera("scanned clean", 1.0, 0.0, 0.0, 0.0, 3.0, 0.0, None, draw_camera(rng).effects)
    corners = [((0, 0), DrawnLine(sheet, 80.0, []))]
    for aim, box in ((Aim(0.5, (30, 20)), (30, 20, 100, 50)), (Aim(9.0, (30, 20)), (4, 20, 312, 155))):
        page = take_picture(sheet, corners, ["text"], plain, SHAPE, rng, aim)
        x, y, width, height = cv2.boundingRect((page.image > 128).astype(np.uint8))
        assert (x, y, width, height) == pytest.approx(box, abs=10)  # a little turned and tilted
        assert x >= 3
        assert y >= 3
