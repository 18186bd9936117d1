"""Pictures in any mode, and arrays, are read as before, or refused with a reason."""

import numpy as np
import pytest
from PIL import Image

from text_recognizer.documents.open_picture import open_image
from text_recognizer.documents.pixels import in_common_mode, without_transparency
from text_recognizer.page.ink import to_grey
from text_recognizer.util import UserError

RNG = np.random.default_rng(0)
SHAPE = (600, 70)  # more than two strips


def numbers(mode):
    values = RNG.random(SHAPE)
    if mode == "F":
        return Image.fromarray(values.astype(np.float32))
    return Image.fromarray((values * (4000 if mode == "I" else 60_000)).astype(np.int32 if mode == "I" else np.uint16))


@pytest.mark.parametrize("mode", ["F", "I", "I;16"])
def test_numbers_become_the_grey_that_the_reader_would_make_of_them(mode):
    image = numbers(mode)
    assert image.mode == mode
    assert np.array_equal(np.asarray(in_common_mode(image, "x")), to_grey(image))


@pytest.mark.parametrize("seen", [0.2, 0.9])
@pytest.mark.parametrize("bright", [0, 255])
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_becomes_the_paper_that_the_reader_would_put_there(mode, bright, seen):
    pixels = RNG.integers(0, 256, (*SHAPE, 4), dtype=np.uint8)
    pixels[..., :3] = np.abs(pixels[..., :3].astype(int) // 4 - bright)
    pixels[..., 3] = 255 * (RNG.random(SHAPE) < seen)
    image = Image.fromarray(pixels).convert(mode)
    assert image.has_transparency_data
    assert np.array_equal(np.asarray(without_transparency(image)), to_grey(image))


@pytest.mark.parametrize("mode", ["LAB", "La", "RGBa", "CMYK", "HSV", "YCbCr", "1", "PA"])
def test_pictures_in_rare_modes_can_be_drawn_and_read(mode):
    image = open_image(Image.new({"La": "LA", "RGBa": "RGBA"}.get(mode, mode), (40, 30)).convert(mode))
    assert image.convert("RGB").size == (40, 30)
    assert to_grey(image).shape == (30, 40)


@pytest.mark.parametrize("bad", [np.inf, np.nan, -np.inf, 1e30])
def test_a_pixel_that_is_none_is_named(bad):
    values = np.ones((30, 40), np.float32)
    values[3, 4] = bad
    for source in (values, Image.fromarray(values)):
        with pytest.raises(UserError, match=r"not finite|1e\+30"):
            open_image(source)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64, bool, np.int64])
@pytest.mark.parametrize("shape", [(30, 40), (30, 40, 1), (30, 40, 3), (30, 40, 4)])
def test_an_array_is_a_picture(shape, dtype):
    image = open_image(np.ones(shape, dtype))
    assert image.size == (40, 30)
    assert image.mode in ("L", "RGB", "RGBA")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_an_array_keeps_its_colours(dtype):
    white = {np.uint8: 255, np.uint16: 65_535, np.float32: 1}[dtype]
    array = np.zeros((30, 40, 3), dtype)
    array[..., 1] = white
    assert np.asarray(open_image(array))[0, 0].tolist() == [0, 255, 0]


@pytest.mark.parametrize(
    "source",
    [np.ones(3), np.ones((3, 4, 2)), np.ones((2, 3, 4, 3)), np.array(["a"]), np.ones((0, 4)), np.ones((3, 4), complex)],
)
def test_an_array_that_is_no_picture_is_one_line(source):
    with pytest.raises(UserError, match=r"expected \(H, W\)"):
        open_image(source)


@pytest.mark.parametrize("source", [None, 7, 1.5, object(), ["page.png"], {}, b"", b"no image", bytearray(b"x")])
def test_what_is_no_source_is_one_line(source):
    with pytest.raises(UserError, match=r"Expected a") as error:
        open_image(source)
    assert "\n" not in str(error.value)


def test_the_bytes_of_a_file_are_read(tmp_path):
    Image.new("L", (40, 30)).save(tmp_path / "page.png")
    assert open_image((tmp_path / "page.png").read_bytes()).size == (40, 30)


def test_a_closed_file_and_one_of_text_are_one_line(tmp_path):
    Image.new("L", (40, 30)).save(tmp_path / "page.png")
    file = (tmp_path / "page.png").open("rb")
    file.close()
    with pytest.raises(UserError, match="closed file"):
        open_image(file)
    (tmp_path / "page.txt").write_text("text")
    with (tmp_path / "page.txt").open() as text, pytest.raises(UserError, match="gives str"):
        open_image(text)
