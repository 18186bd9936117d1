"""The picture of where a decoder looks has a dot for each character."""

import pytest
from PIL import Image

from training.studies import draw_attention


def test_the_page_is_drawn_with_what_is_read_beneath(tmp_path):
    output = tmp_path / "looks.png"
    draw_attention.main(["resnet_transformer", "resnet_transformer", f"--output={output}"])
    with Image.open(output) as sheet:
        assert sheet.width == 640
        assert sheet.height > 2 * 576  # two pages with a text each
        assert len(sheet.convert("RGB").getcolors(1 << 20)) > 40  # dots from blue to red


def test_a_model_without_a_decoder_is_one_line(tmp_path):
    with pytest.raises(SystemExit, match="error: paragraph_text_recognizer: it has no decoder"):
        draw_attention.main(["paragraph_text_recognizer", f"--output={tmp_path / 'looks.png'}"])
    assert not list(tmp_path.iterdir())


def test_a_blank_page_is_one_line(tmp_path):
    Image.new("L", (300, 200), 255).save(tmp_path / "blank.png")
    with pytest.raises(SystemExit, match="there is no ink on it"):
        draw_attention.main(
            ["resnet_transformer", f"--picture={tmp_path / 'blank.png'}", f"--output={tmp_path / 'looks.png'}"]
        )


def test_colours_go_from_blue_to_red():
    red, _, blue = draw_attention.colour_of(0)
    assert red < 10
    assert blue > 200
    assert draw_attention.colour_of(1) == (217, 0, 0)
