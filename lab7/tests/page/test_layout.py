"""Every picture of a page becomes the same canvas, whatever was photographed how."""

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from tests.tiny_artifact import LINES, draw_page, ink_box
from text_recognizer.images.constants import WHITE
from text_recognizer.page.ink import dark_on_light, extract_ink, to_grey
from text_recognizer.page.layout import LINE_PITCH, MARGIN, box_of, find_page, find_text, line_pitch, page_to_canvas
from text_recognizer.page.orientation import estimate_skew, is_sideways

SHAPE = (576, 640)
PAGE = draw_page()


def with_alpha(page):
    """Return black ink on nothing at all."""
    return Image.merge("LA", [Image.new("L", page.size), page.point(lambda value: 255 - value if value < 200 else 0)])


def with_transparent_colour(page):
    image = page.point(lambda value: 0 if value < 128 else 255).convert("P")
    image.info["transparency"] = 255  # the paper, whose colour is made black beneath
    image.putpalette([0, 0, 0] * 256)
    return image


def under_a_lamp(page):
    """Return the page with one corner three times as bright as the other, and a scanner's noise."""
    light = np.add.outer(np.linspace(0.35, 0.65, page.height), np.linspace(0, 0.35, page.width))
    noise = np.random.default_rng(0).normal(0, 4, light.shape)
    return Image.fromarray((np.asarray(page) * light + noise).clip(0, 255).astype(np.uint8))


def on_a_desk(page):
    """Return the page on a dark desk, a little askew."""
    desk = Image.new("L", (page.width + 300, page.height + 300), 60)
    desk.paste(page, (150, 150))
    return desk.rotate(1.5, resample=Image.Resampling.BICUBIC, fillcolor=60)


PICTURES = {
    "grey": lambda page: page,
    "light on dark": lambda page: page.point(lambda value: 255 - value),
    "colour": lambda page: Image.merge("RGB", [page.point(lambda value: min(255, value + 40)), page, page]),
    "CMYK": lambda page: page.convert("RGB").convert("CMYK"),
    "black and white": lambda page: page.point(lambda value: 255 * (value > 128)).convert("1"),
    "alpha": with_alpha,
    "a transparent colour": with_transparent_colour,
    "16 bit": lambda page: Image.fromarray(np.asarray(page).astype(np.uint16) * 257),
    "12 of 16 bit": lambda page: Image.fromarray(np.asarray(page).astype(np.uint16) * 16),
    "32 bit": lambda page: Image.fromarray(np.asarray(page).astype(np.int32) * 257),
    "floating point": lambda page: Image.fromarray(np.asarray(page).astype(np.float32) / 255),
    "faint": lambda page: page.point(lambda value: 130 + value // 4),
    "dim": lambda page: page.point(lambda value: value // 3),
    "uneven light": under_a_lamp,
}
MORE_PICTURES = {
    "large": lambda page: page.resize((3000, 3900)),
    "small": lambda page: page.resize((500, 650), Image.Resampling.BOX),
    "on a desk": on_a_desk,
    "cut out": lambda page: page.crop((140, 190, 700, 460)),
}


def canvas_of(picture):
    canvas = page_to_canvas(picture, SHAPE)
    assert canvas is not None
    assert (canvas.pixels.shape, canvas.pixels.dtype) == (SHAPE, np.uint8)
    return canvas.pixels


def text_box(canvas):
    return box_of((canvas > WHITE // 2).astype(np.uint8))


def likeness(one, other):
    """Return the correlation of two canvases, both a little blurred: a pixel to the left is no other text."""
    pair = [cv2.GaussianBlur(canvas.astype(np.float32), (0, 0), 2).ravel() for canvas in (one, other)]
    return np.corrcoef(pair)[0, 1]


@pytest.mark.parametrize("name", PICTURES)
def test_a_page_looks_the_same_however_it_is_stored_and_lit(name):
    assert likeness(canvas_of(PICTURES[name](PAGE)), canvas_of(PAGE)) > 0.95


@pytest.mark.parametrize("name", PICTURES | MORE_PICTURES)
def test_lines_are_as_far_apart_as_in_training_and_begin_at_the_same_place(name):
    canvas = canvas_of((PICTURES | MORE_PICTURES)[name](PAGE))
    left, top, right, bottom = text_box(canvas)
    assert (left, top) == pytest.approx((MARGIN, MARGIN), abs=6)
    expected = (ink_box(PAGE)[3] - ink_box(PAGE)[1]) * LINE_PITCH / 60
    assert bottom - top == pytest.approx(expected, rel=0.1)
    assert line_pitch((canvas > WHITE // 2)[top:bottom, left:right].astype(np.uint8)) == pytest.approx(44, abs=2)


def test_ink_is_white_and_paper_black():
    canvas = canvas_of(under_a_lamp(PAGE))
    assert canvas.max() == WHITE
    assert np.median(canvas) < WHITE / 20
    assert 0.01 < (canvas > WHITE // 2).mean() < 0.2


@pytest.mark.parametrize("num_lines", [20, 60])
def test_a_page_too_large_for_the_canvas_is_scaled_and_not_cut(num_lines):
    page = draw_page([LINES[i % 4] for i in range(num_lines)], (1000, num_lines * 60 + 400))
    canvas = canvas_of(page)
    left, top, right, bottom = text_box(canvas)
    assert min(left, top) > 5
    assert bottom < SHAPE[0] - 5
    box = ink_box(page)
    assert (right - left) / (bottom - top) == pytest.approx((box[2] - box[0]) / (box[3] - box[1]), rel=0.05)


def test_a_line_too_long_for_the_canvas_is_scaled_and_not_cut():
    left, _, right, _ = text_box(canvas_of(draw_page([" ".join(LINES * 2)], (4000, 300), corner=(100, 100))))
    assert left > 5
    assert 580 < right - left < SHAPE[1] - 10


def test_a_word_is_not_blown_up_to_fill_the_canvas():
    _, top, _, bottom = text_box(canvas_of(draw_page(["fig"], (300, 200), pitch=100, corner=(50, 40))))
    assert bottom - top < LINE_PITCH


def test_a_line_fills_the_canvas_of_a_model_of_lines():
    canvas = page_to_canvas(draw_page(LINES[:1], (1000, 300)), (56, 1024))
    _, top, right, bottom = text_box(canvas.pixels)
    assert 40 < bottom - top < 56
    assert canvas.pitch == pytest.approx(bottom - top, abs=3)
    assert right < 1024 - 5


@pytest.mark.parametrize(
    "page",
    [
        Image.new("L", (1000, 1300), 255),
        Image.new("L", (1000, 1300), 0),
        Image.new("RGBA", (300, 200), (0, 0, 0, 0)),
        under_a_lamp(Image.new("L", (1000, 1300), 235)),
        on_a_desk(Image.new("L", (1000, 1300), 235)),
        *[Image.new("L", size, 200) for size in [(1, 1), (1, 3000), (3000, 1), (3, 3)]],
        Image.new("F", (20, 20), float("nan")),
    ],
)
def test_an_empty_page_has_no_ink(page):
    assert page_to_canvas(page, SHAPE) is None


def text_of(page):
    return find_text(extract_ink(dark_on_light(to_grey(page))))


def test_specks_and_rules_are_no_text():
    page = draw_page()
    pixels = np.array(page)
    for y, x in [(20, 20), (1280, 30), (640, 960), (1200, 500)]:
        pixels[y : y + 6, x : x + 6] = 40
    pixels[250::60, 40:960] = 120  # ruled paper
    pixels[:, 80] = 120
    assert box_of(text_of(Image.fromarray(pixels))) == pytest.approx(ink_box(page), abs=6)


@pytest.mark.parametrize(("pitch", "angle"), [(20, 0), (35, 2), (60, -2), (110, 0)])
@pytest.mark.parametrize("num_lines", [2, 4, 10])
def test_the_pitch_of_lines_is_measured(pitch, num_lines, angle):
    lines = [LINES[i % 4] for i in range(num_lines)]
    size = round(pitch * 12), round(pitch * (num_lines + 6))
    page = draw_page(lines, size, pitch, (pitch, 2 * pitch))
    text = text_of(page.rotate(angle, resample=Image.Resampling.BICUBIC, fillcolor=235))
    left, top, right, bottom = box_of(text)
    assert line_pitch(text[top:bottom, left:right]) == pytest.approx(pitch, rel=0.08)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("paper", "deviation"), [(230, 3), (200, 5), (40, 5)])
def test_a_blank_page_with_noise_is_empty(paper, deviation, seed):
    noise = np.random.default_rng(seed).normal(paper, deviation, (1300, 1000))
    assert page_to_canvas(Image.fromarray(noise.clip(0, 255).astype(np.uint8)), (576, 640)) is None


@pytest.mark.parametrize("degrees", [0, 1, 3, 6])
def test_blank_paper_on_a_darker_desk_is_empty(degrees):
    page = np.full((1300, 1000), 90, dtype=np.uint8)
    paper = cv2.boxPoints(((500, 650), (800, 1100), degrees))
    page = cv2.GaussianBlur(cv2.fillPoly(page, [paper.astype(np.int32)], 230), (0, 0), 1)
    page = (page + np.random.default_rng(0).normal(0, 3, page.shape)).clip(0, 255).astype(np.uint8)
    assert page_to_canvas(Image.fromarray(page), (576, 640)) is None


@pytest.mark.parametrize("ink", ["black", "white"])
def test_ink_on_nothing_is_read_whatever_its_colour(ink):
    page = Image.new("RGBA", (600, 400))
    for y in (60, 130, 200, 270):
        ImageDraw.Draw(page).text((30, y), "written on nothing", fill=ink, font=ImageFont.load_default(40))
    on_paper = Image.alpha_composite(Image.new("RGBA", page.size, "white" if ink == "black" else "black"), page)
    assert np.array_equal(canvas_of(page), canvas_of(on_paper.convert("RGB")))


@pytest.mark.parametrize("name", ["grey", *MORE_PICTURES])
def test_a_canvas_knows_where_it_lies_on_the_picture(name):
    picture = (PICTURES | MORE_PICTURES)[name](PAGE)
    canvas = page_to_canvas(picture, SHAPE)
    left, top, right, bottom = text_box(canvas.pixels)
    box = canvas.page.clip(*canvas.on_picture(left, top), *canvas.on_picture(right, bottom))
    turned = 25 if name == "on a desk" else 0  # its corners are only nearly where they were
    expected = np.add(ink_box(PAGE), 150) if turned else ink_box(picture)
    assert box == pytest.approx(tuple(expected), abs=turned + 2 + 2 * canvas.step)
    assert canvas.page.picture_size == picture.size


@pytest.mark.parametrize("num_lines", [4, 40])
def test_a_canvas_knows_how_far_its_lines_are_apart(num_lines):
    page = draw_page([LINES[i % 4] for i in range(num_lines)], (1000, num_lines * 60 + 400))
    canvas = page_to_canvas(page, SHAPE)
    assert canvas.line_distance == pytest.approx(60, rel=0.03)
    assert canvas.pitch == pytest.approx(LINE_PITCH, rel=0.03) or num_lines == 40


def turned(degrees, page=PAGE):
    return page.rotate(degrees, expand=True, fillcolor=235, resample=Image.Resampling.BICUBIC)


@pytest.mark.parametrize("degrees", [-6, -2, 0, 1.2, 5])
def test_the_slope_of_lines_is_measured(degrees):
    slope = estimate_skew(find_text(extract_ink(np.asarray(turned(degrees)))))
    assert slope == pytest.approx(-np.tan(np.radians(degrees)), abs=0.005)


@pytest.mark.parametrize("degrees", [-5, 3])
def test_a_page_that_is_askew_is_made_level(degrees):
    assert likeness(canvas_of(turned(degrees)), canvas_of(PAGE)) > 0.85
    page, level = find_page(turned(degrees)), find_page(PAGE)
    assert abs(estimate_skew(page.text)) < 0.005
    for x, y in ((page.box[0], page.box[1]), (page.box[2], page.box[3])):
        across, down = page.on_picture(x, y)
        assert page.from_picture(np.array([(across, down)]))[0] == pytest.approx((x, y))
    middle = np.array(turned(degrees).size) / 2
    back = [np.array(page.on_picture(*corner)) - middle for corner in (page.box[:2], page.box[2:])]
    angle = np.radians(degrees)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])  # back, y points down
    for point, corner in zip(back, (level.box[:2], level.box[2:]), strict=True):
        assert rotation @ point + np.array(PAGE.size) / 2 == pytest.approx(np.array(corner), abs=8)


def test_a_page_that_lies_straight_is_left_as_it_is():
    page = find_page(PAGE)
    assert np.array_equal(page.ink, extract_ink(np.asarray(PAGE)))
    assert np.array_equal(page.matrix, np.eye(3)[:2])


def test_no_text_has_no_slope():
    assert estimate_skew(np.zeros((50, 60), np.uint8)) == 0


@pytest.mark.parametrize("quarters", [1, 3])
def test_a_page_on_its_side_is_put_upright_or_on_its_head(quarters):
    sideways = PAGE.transpose({1: Image.Transpose.ROTATE_90, 3: Image.Transpose.ROTATE_270}[quarters])
    assert is_sideways(find_text(extract_ink(np.asarray(sideways))))
    found = page_to_canvas(sideways, SHAPE, upside_down=quarters == 1)
    assert likeness(found.pixels, canvas_of(PAGE)) > 0.99
    page, upright = found.page, find_page(PAGE)
    first = np.array(page.on_picture(*page.box[:2]))
    left, top = upright.box[:2]
    expected = {1: (top, PAGE.width - 1 - left), 3: (PAGE.height - 1 - top, left)}[quarters]
    assert first == pytest.approx(np.array(expected), abs=2)


def test_a_page_upside_down_can_be_turned_around():
    around = PAGE.transpose(Image.Transpose.ROTATE_180)
    assert not is_sideways(find_text(extract_ink(np.asarray(around))))
    assert np.array_equal(page_to_canvas(around, SHAPE, upside_down=True).pixels, canvas_of(PAGE))


@pytest.mark.parametrize("lines", [LINES[:1], ["One"], ["l"], ["I am", "no", "poet"], ["a", "b", "c", "d", "e"]])
def test_few_words_are_never_taken_for_a_page_on_its_side(lines):
    assert not is_sideways(find_text(extract_ink(np.asarray(draw_page(lines)))))


def test_no_text_does_not_lie_on_its_side():
    assert not is_sideways(np.zeros((50, 60), np.uint8))


def test_strokes_that_vanish_when_made_smaller_do_not_lie_on_their_side():
    text = np.zeros((2200, 1600), np.uint8)
    text[1000:1030, 805] = 1
    assert not is_sideways(text)


def test_a_lone_upright_stroke_is_put_on_the_canvas():
    page = Image.new("L", (1600, 2200), 235)
    ImageDraw.Draw(page).line((400, 900, 400, 920), fill=60, width=3)
    canvas = page_to_canvas(page, SHAPE)
    assert canvas is not None
    left, top, right, bottom = box_of(canvas.pixels)
    x, y = canvas.on_picture((left + right) / 2, (top + bottom) / 2)
    assert abs(x - 400) < 3
    assert abs(y - 910) < 3
