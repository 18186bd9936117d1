"""Lines are cut out along their curve, straightened, whatever the picture's size, colours and way up."""

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.page.drawn_maps import curve
from tests.tiny_artifact import LINES, draw_page
from text_recognizer.page.cut_lines import STRIP_HEIGHT, STRIP_MARGIN, SeenMap, cut_lines
from text_recognizer.page.text_line import QuarterTurn, TextLine

PITCH, LEFT, TOP, HEIGHT = 60, 150, 200, 38
PAGE = np.asarray(draw_page())
TURN = QuarterTurn(0, (PAGE.shape[1], PAGE.shape[0]))


def lines_of(scale=1.0):
    ends = [LEFT + 17 * len(text) for text in LINES]
    lines = [TextLine(curve(LEFT, end, TOP + i * PITCH + 26), HEIGHT) for i, end in enumerate(ends)]
    return [line.scaled(scale) for line in lines]


def ink_rows(strip):
    rows = np.flatnonzero((strip.pixels > 128).any(axis=1))
    return rows[0], rows[-1]


def likeness(one, other):
    """Return the correlation of two strips, made equally wide."""
    wide = cv2.resize(other.pixels, one.pixels.shape[::-1], interpolation=cv2.INTER_AREA)
    return np.corrcoef(one.pixels.ravel(), wide.ravel())[0, 1]


def test_a_strip_holds_its_line_and_a_little_paper():
    for strip in cut_lines(PAGE, lines_of(), TURN):
        first, last = ink_rows(strip)
        assert 1 <= first <= 8
        assert STRIP_HEIGHT - 9 <= last <= STRIP_HEIGHT - 2
        assert not strip.pixels[:, :STRIP_MARGIN].any()
        assert not strip.pixels[:, -STRIP_MARGIN:].any()
        assert np.percentile(strip.pixels[strip.pixels > 60], 90) > 200


@pytest.mark.parametrize("scale", [0.5, 2.0, 4.0])
def test_the_picture_s_size_does_not_matter(scale):
    size = round(scale * PAGE.shape[1]), round(scale * PAGE.shape[0])
    large = np.asarray(Image.fromarray(PAGE).resize(size, Image.Resampling.BICUBIC))
    for one, other in zip(
        cut_lines(PAGE, lines_of(), TURN), cut_lines(large, lines_of(scale=scale), QuarterTurn(0, size)), strict=True
    ):
        assert likeness(one, other) > (0.9 if scale > 1 else 0.8)
        assert other.box == pytest.approx([scale * value for value in one.box], abs=3 * max(1, scale))


@pytest.mark.parametrize(
    "change",
    [
        lambda page: 255 - page,
        lambda page: (0.15 * page + 200).astype(np.uint8),
        lambda page: (page * np.linspace(0.3, 1, page.shape[1])).astype(np.uint8),
        lambda page: np.stack([np.full_like(page, 235), page, page], axis=2),  # red ink
        lambda page: np.stack([page // 2 + 100, page // 2 + 110, np.full_like(page, 90)], axis=2),  # on yellow paper
    ],
)
def test_light_ink_faint_ink_shadows_and_colours_look_the_same(change):
    for one, other in zip(
        cut_lines(PAGE, lines_of(), TURN), cut_lines(change(PAGE), lines_of(), TURN, is_dark=True), strict=True
    ):
        assert likeness(one, other) > 0.95


def test_a_curved_line_is_straightened():
    def at(x):
        return 0.1 * x + 25 * np.sin(x / 150)

    y, x = np.mgrid[0 : PAGE.shape[0], 0 : PAGE.shape[1]].astype(np.float32)
    bent = cv2.remap(PAGE, x, (y - at(x)).astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    for one, line in zip(cut_lines(PAGE, lines_of(), TURN), lines_of(), strict=True):
        points = line.points + np.stack([np.zeros(len(line.points)), at(line.points[:, 0])], axis=1)
        (strip,) = cut_lines(bent, [TextLine(points, HEIGHT)], TURN)
        assert strip.pixels.shape[1] == pytest.approx(one.pixels.shape[1], rel=0.06)
        columns = strip.pixels[:, STRIP_MARGIN:-STRIP_MARGIN].astype(float)
        halves = np.array_split(columns, 2, axis=1)
        left, right = ((np.arange(STRIP_HEIGHT) * half.sum(axis=1)).sum() / half.sum() for half in halves)
        assert abs(left - right) < 3


def test_neighbours_are_masked_and_the_line_s_own_tails_are_not():
    close = np.asarray(draw_page(pitch=60))
    shifted = np.minimum(close, np.roll(close, 34, axis=0))  # a second text, half-way between the lines
    lines = lines_of()
    others = [TextLine(line.points + np.array([0, 34]), HEIGHT) for line in lines]
    alone = cut_lines(close, lines[:1], TURN)[0]
    masked = cut_lines(shifted, lines[:1], TURN, neighbours=lines + others)[0]
    unmasked = cut_lines(shifted, lines[:1], TURN)[0]
    assert likeness(alone, masked) > 0.8
    assert likeness(alone, masked) > likeness(alone, unmasked)


def test_rules_are_taken_off_where_they_are_seen():
    ruled = PAGE.copy()
    ruled[TOP + 40 :: PITCH, :] = 150
    ruled[:, 40::45] = 150
    seen = np.ones((PAGE.shape[0] // 4, PAGE.shape[1] // 4), np.float32)
    for one, other in zip(
        cut_lines(PAGE, lines_of(), TURN), cut_lines(ruled, lines_of(), TURN, rules=SeenMap(seen, 4)), strict=True
    ):
        assert likeness(one, other) > 0.8


@pytest.mark.parametrize("quarters", range(4))
def test_places_are_given_on_the_picture_before_it_was_turned(quarters):
    turned = np.ascontiguousarray(np.rot90(PAGE, -quarters))
    turn = QuarterTurn(quarters, (turned.shape[1], turned.shape[0]))
    for strip, upright in zip(cut_lines(PAGE, lines_of(), turn), cut_lines(PAGE, lines_of(), TURN), strict=True):
        left, top, right, bottom = strip.box
        ink = turned[top:bottom, left:right] < 128
        assert ink.sum() == pytest.approx(
            (PAGE[slice(*upright.box[1::2]), slice(*upright.box[::2])] < 128).sum(), rel=0.1
        )
        x, y = strip.on_picture(STRIP_MARGIN, STRIP_HEIGHT / 2)
        assert left - 2 <= x <= right + 2
        assert top - 2 <= y <= bottom + 2


def test_a_line_without_ink_is_no_crash():
    (strip,) = cut_lines(
        np.full((100, 300), 235, np.uint8), [TextLine(curve(20, 200, 50), 20)], QuarterTurn(0, (300, 100))
    )
    assert strip.pixels.shape[0] == STRIP_HEIGHT
