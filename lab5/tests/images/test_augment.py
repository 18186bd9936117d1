import math
import multiprocessing
import pickle
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from text_recognizer.images import augment as module
from text_recognizer.images.augment import BANK_SHAPE, LINES, Augment, draw_text, grid_of, look, noise_bank
from text_recognizer.images.constants import INK
from text_recognizer.util import UserError

STILL = {"rotation": 0, "slant": 0, "scale": 1, "translation": 0, "perspective": 0, "elastic": 0}
PLAIN = {"thicker": 0, "thinner": 0, "ink_loss": 0, "paper": 0, "blur": 0, "noise": 0}
ALWAYS = {"warp_probability": 1, "probability": 1}
LINE, PAGE = draw_text(LINES[:1], (56, 1024), 56), draw_text(LINES * 9, (576, 640), 32)
CASES = [(Augment.for_lines, LINE), (Augment.for_pages, PAGE)]
NUM_DRAWS = 60


class Most:
    """Draws the largest number, or the smallest, wherever a random one is asked for."""

    def __init__(self, sign=1, chance=0.0):
        self.sign, self.chance = sign, chance

    def uniform(self, low, high, size=None):
        drawn = float(max(low, self.sign * high))
        return drawn if size is None else np.full(size, drawn)

    def random(self):
        return self.chance


def generator(seed=0):
    return np.random.default_rng(seed)


def dots(shape, distance=40, margin=0):
    """Spots of three by three pixels, in the corners of the canvas too."""
    image = np.zeros(shape, dtype=np.uint8)
    for y in np.linspace(1 + margin, shape[0] - 2 - margin, shape[0] // distance + 1).astype(int):
        for x in np.linspace(1 + margin, shape[1] - 2 - margin, shape[1] // distance + 1).astype(int):
            image[y - 1 : y + 2, x - 1 : x + 2] = 255
    return image


def middles(image):
    """Return where the spots of an image are: (N, 2) of x, y."""
    return cv2.connectedComponentsWithStats((image > INK).astype(np.uint8))[3][1:]


def warped(image, rng=None, **settings):
    return Augment(**(STILL | settings)).warp(image, rng or Most())


def block(height, width, shape=(100, 300)):
    """Draw a white rectangle in the middle of a black canvas."""
    image = np.zeros(shape, dtype=np.uint8)
    top, left = (shape[0] - height) // 2, (shape[1] - width) // 2
    image[top : top + height, left : left + width] = 255
    return image


def box_of(image):
    return cv2.boundingRect((image > INK).astype(np.uint8))


@pytest.mark.parametrize("shape", [(5, 3), (57, 101), (576, 640), (56, 2048), (BANK_SHAPE[0] + 9, BANK_SHAPE[1] + 7)])
@pytest.mark.parametrize("settings", [{"warp_probability": 0, "probability": 0}, STILL | PLAIN | ALWAYS])
def test_no_change_and_changes_of_no_size_leave_the_image_the_same(settings, shape):
    image = generator().integers(0, 256, shape, dtype=np.uint8)
    augmented = Augment(**settings)(image, generator())
    assert np.array_equal(augmented, image)
    assert augmented is not image
    assert Augment(**ALWAYS)(image, generator()).shape == shape  # no canvas is too small or too large


def test_the_same_generator_gives_the_same_pixels_even_to_a_copy_that_starts_afresh():
    augment = Augment(**ALWAYS)
    first, other = augment(LINE, generator(3)), augment(LINE, generator(4))
    for kept in (noise_bank, grid_of):
        kept.cache_clear()
    assert np.array_equal(pickle.loads(pickle.dumps(augment))(LINE, generator(3)), first)
    assert not np.array_equal(first, other)


@pytest.mark.slow
def test_another_process_gives_the_same_pixels():
    augment = Augment.for_pages(**ALWAYS)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        elsewhere = pool.apply(augment, (PAGE, generator(5)))
    assert np.array_equal(elsewhere, augment(PAGE, generator(5)))


def test_opencv_starts_no_threads_of_its_own():
    assert cv2.getNumThreads() == 1


def test_the_bank_has_unlike_textures_of_the_same_brightness():
    assert all(texture.shape == BANK_SHAPE and abs(texture.mean() - 128) < 12 for texture in noise_bank())
    assert all(25 < texture.std() < 45 for texture in noise_bank())
    assert np.abs(np.corrcoef([texture[::7, ::7].ravel() for texture in noise_bank()]) - np.eye(8)).max() < 0.1


def test_all_geometry_is_one_reading_of_the_pixels(monkeypatch):
    calls, remap = [], cv2.remap
    monkeypatch.setattr(cv2, "remap", lambda *args: calls.append(1) or remap(*args))
    Augment(**ALWAYS)(LINE, generator())
    assert len(calls) == 1


@pytest.mark.parametrize(("preset", "image"), CASES)
def test_ink_neither_leaves_the_canvas_nor_loses_more_than_it_is_shrunk(preset, image):
    augment, spots = preset(), dots(image.shape)
    for seed in range(NUM_DRAWS):
        assert len(middles(augment.warp(spots, generator(seed)))) == len(middles(spots))
        share = augment.warp(image, generator(seed)).sum() / image.sum()
        assert 0.65 / augment.scale**2 < share < 1.2 * augment.scale**2  # what does not fit is shrunk a little more


@pytest.mark.parametrize(("preset", "image"), CASES)
def test_text_stands_out_in_an_image_of_the_same_kind(preset, image):
    before = image.copy()
    for seed in range(NUM_DRAWS):
        augmented = preset()(image, generator(seed))
        assert (augmented.shape, augmented.dtype) == (image.shape, image.dtype)
        assert np.percentile(augmented, 99) - np.median(augmented) > 40
    assert np.array_equal(image, before)


@pytest.mark.parametrize("preset", [Augment.for_lines, Augment.for_pages])
def test_an_empty_image_stays_nearly_empty(preset):
    empty = np.zeros((56, 400), dtype=np.uint8)
    augmented = np.stack([preset(**ALWAYS)(empty, generator(seed)) for seed in range(NUM_DRAWS)])
    assert augmented.max() < 140
    assert augmented.mean() < 50
    assert not preset(**ALWAYS, **PLAIN)(empty, generator()).any()


@pytest.mark.parametrize("sign", [1, -1])
def test_rotation_turns_about_the_middle_of_the_ink(sign):
    image = dots((300, 400), distance=70, margin=90)
    angle = math.radians(sign * 10)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    expected = (middles(image) - middles(image).mean(axis=0)) @ turn.T + middles(image).mean(axis=0)
    found = middles(warped(image, Most(sign), rotation=10))
    assert np.abs(found[:, None] - expected).max(axis=2).min(axis=1).max() < 0.5  # spots are whole pixels


def test_slant_moves_the_top_and_the_bottom_apart():
    slanted = warped(block(60, 3), slant=45)
    assert slanted[75].argmax() - slanted[24].argmax() == pytest.approx(51, abs=2)
    assert box_of(slanted)[3] == pytest.approx(60, abs=2)


@pytest.mark.parametrize(("sign", "factor"), [(1, 1.5), (-1, 1 / 1.5)])
def test_scale_is_a_factor_for_width_and_height(sign, factor):
    scaled = warped(block(30, 60), Most(sign), scale=1.5)
    assert box_of(scaled)[2:] == pytest.approx((60 * factor, 30 * factor), abs=2)


def test_translation_is_in_line_heights_and_ends_at_the_edge():
    assert box_of(warped(block(30, 60), translation=0.5, line_height=40)) == (140, 55, 60, 30)
    assert box_of(warped(block(30, 60), translation=9, line_height=40)) == (240, 70, 60, 30)


def test_perspective_makes_one_side_larger_than_the_other():
    x, _, width, _ = box_of(tilted := warped(block(80, 320, (200, 400)), perspective=0.2))
    left, right = (np.count_nonzero(tilted[:, column] > 128) for column in (x + 30, x + width - 30))
    assert left > 1.2 * right


def test_elastic_waves_move_each_place_its_own_way_and_not_too_far():
    image = dots((200, 600), distance=50, margin=20)
    before = middles(image)
    for seed in range(10):
        after = middles(warped(image, generator(seed), elastic=0.1, line_height=56))
        moved = after[np.linalg.norm(after[None] - before[:, None], axis=2).argmin(axis=1)] - before
        assert np.abs(moved).max() < 1.5 * 0.1 * 56
        assert moved.std(axis=0).min() > 0.02 * np.abs(moved).max() > 0


def test_a_thicker_pen_makes_more_ink_and_a_thinner_one_less():
    augment = Augment()
    thicker, thinner = (augment.change_pen(LINE, Most(chance=chance)) for chance in (0, 1))
    assert (thicker >= LINE).all()
    assert (thinner <= LINE).all()
    assert thicker.sum() > 1.2 * LINE.sum()
    assert thinner.sum() < 0.9 * LINE.sum()


def test_ink_gets_fainter_but_the_paper_stays_black():
    kept = np.stack([Augment(ink_loss=0.5).vary_ink(LINE, generator(seed)) for seed in range(NUM_DRAWS)])
    assert (kept <= LINE).all()
    assert kept[:, LINE == 255].min() >= 126
    assert kept[:, LINE == 255].std() > 10
    assert not kept[:, LINE == 0].any()


def test_paper_is_seen_where_there_is_no_ink_and_is_not_too_bright():
    papers = np.stack([Augment(paper=0.3).show_paper(LINE, generator(seed)) for seed in range(NUM_DRAWS)])
    assert (papers >= LINE).all()
    assert (papers[:, LINE == 255] == 255).all()
    assert 0 < papers[:, LINE == 0].max() <= 0.3 * 255 + 1
    assert papers[:, 0].std(axis=1).max() > 5


def test_blur_makes_edges_soft_and_keeps_the_sum():
    blurred = Augment(blur=0.04).soften(LINE, Most())
    assert blurred.mean() == pytest.approx(LINE.mean(), rel=0.02)
    assert np.abs(np.diff(blurred.astype(int))).max() < 0.7 * 255


def test_noise_has_the_deviation_asked_for():
    grey = np.full((200, 400), 128, dtype=np.uint8)
    noises = [Augment(noise=0.1).add_noise(grey, generator(seed)) for seed in range(NUM_DRAWS)]
    assert np.max(np.std(noises, axis=(1, 2))) == pytest.approx(25.5, rel=0.1)
    assert np.mean(noises) == pytest.approx(128, abs=1)


def test_a_setting_of_ones_own_goes_before_the_presets():
    assert Augment.for_pages(rotation=1) == replace(Augment.for_pages(), rotation=1) != Augment.for_pages()


@pytest.mark.parametrize(
    "setting",
    [{"rotation": -1}, {"perspective": 0.5}, {"scale": 0.9}, {"probability": 1.1}, {"line_height": 0}, {"paper": 2}],
)
def test_a_setting_out_of_range_is_named(setting):
    name, value = next(iter(setting.items()))
    with pytest.raises(UserError, match=f"{name}={value}: expected a number from"):
        Augment(**setting)


@pytest.mark.parametrize("image", [np.zeros((1, 8, 8), np.uint8), np.zeros((8, 8), np.float32)])
def test_another_kind_of_image_is_an_error(image):
    with pytest.raises(ValueError, match=r"expected \(H, W\) of uint8"):
        Augment()(image, generator())


def test_what_it_does_can_be_looked_at(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(module, "PROCESSED_DIRNAME", tmp_path)
    look("Augment", Augment.for_lines(), LINE)
    assert f"Picture of 8 versions: {tmp_path / 'look' / 'Augment.png'}" in capsys.readouterr().out
    with Image.open(tmp_path / "look" / "Augment.png") as picture:
        assert picture.size > (LINE.shape[1], 9 * LINE.shape[0])
