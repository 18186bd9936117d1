import numpy as np
import pytest
import torch

from text_recognizer.images.pictures import contact_sheet, to_terminal

RED = (255, 0, 0)
SEED = 0


def noise(height, width):
    return torch.rand(1, height, width, generator=torch.Generator().manual_seed(SEED))


def sheet_of(num, height, width, marked=()):
    sheet = contact_sheet([noise(height, width)] * num, [f"no. {i}" for i in range(num)], marked)
    return np.asarray(sheet)


def contains(sheet, image):
    height, width = image.shape
    grey = np.where((sheet == sheet[..., :1]).all(-1), sheet[..., 0].astype(int), -1)
    corners = np.argwhere(grey == image[0, 0])
    windows = (grey[y : y + height, x : x + width] for y, x in corners)
    return any(np.array_equal(window, image) for window in windows)


@pytest.mark.parametrize(("height", "width", "scale"), [(28, 28, 2), (8, 64, 2), (28, 65, 1), (28, 896, 1)])
def test_an_image_is_drawn_whole_and_small_ones_twice_as_large(height, width, scale):
    pixels = (noise(height, width)[0] * 255).byte().numpy()
    assert contains(sheet_of(1, height, width), pixels.repeat(scale, 0).repeat(scale, 1))


def test_images_side_by_side_make_one_row_and_more_make_more_rows():
    one, two, many = sheet_of(1, 28, 28), sheet_of(2, 28, 28), sheet_of(40, 28, 28)
    assert two.shape[0] == one.shape[0]
    assert two.shape[1] > one.shape[1]
    assert many.shape[0] > 2 * one.shape[0]
    assert many.shape[1] <= 1000


def test_wide_images_lie_one_below_the_other():
    one, three = sheet_of(1, 28, 896), sheet_of(3, 28, 896)
    assert three.shape[1] == one.shape[1]
    assert three.shape[0] > 2 * one.shape[0]


def test_no_images_make_a_blank_strip():
    sheet = contact_sheet([], [])
    assert sheet.getextrema() == ((255, 255),) * 3
    assert sheet.height < 10


def test_captions_are_written():
    empty = contact_sheet([torch.zeros(1, 28, 28)], [""])
    written = contact_sheet([torch.zeros(1, 28, 28)], ["W"])
    assert empty.size == written.size
    assert (np.asarray(written).sum(-1) == 0).sum() > (np.asarray(empty).sum(-1) == 0).sum()


@pytest.mark.parametrize(("marked", "expected"), [((), [False] * 3), ([False, True, False], [False, True, False])])
def test_marked_captions_are_red_and_no_others(marked, expected):
    columns = np.array_split(sheet_of(3, 28, 28, marked), 3, axis=1)
    reddish = [((c[..., 0] == RED[0]) & (c[..., 1] < 128) & (c[..., 2] < 128)).any() for c in columns]
    assert reddish == expected


def test_values_beyond_the_range_are_cut_and_do_not_wrap_around():
    image = torch.tensor([-0.5, 1.5]).repeat(1, 28, 14)
    assert contains(np.asarray(contact_sheet([image], [""])), np.tile([0, 0, 255, 255], (56, 14)))


@pytest.mark.parametrize("num_captions", [0, 1, 3])
def test_each_image_needs_a_caption(num_captions):
    with pytest.raises(ValueError, match="zip"):
        contact_sheet([noise(28, 28)] * 2, ["a"] * num_captions)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[0, 1, 0, 1], [0, 0, 1, 1]], [" ▀▄█"]),
        ([[0.9, 0.3]], ["▀ "]),
        ([[1, 0], [1, 0], [0, 1]], ["█ ", " ▀"]),
    ],
)
def test_a_terminal_shows_two_rows_of_pixels_in_a_row_of_characters(rows, expected):
    assert to_terminal(torch.tensor([rows], dtype=torch.float32)) == expected
