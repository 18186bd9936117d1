"""2,000 pictures, configurations and archives with wrong bytes in them, the same ones each time."""

import io
import json
import zipfile

import numpy as np
import pytest
from expectations import allowed
from PIL import Image

from tests.tiny_artifact import draw_page, make_config
from text_recognizer.documents.find_pages import find_pages
from text_recognizer.documents.open_picture import open_image
from text_recognizer.documents.page_numbers import PageNumbers
from text_recognizer.page.layout import page_to_canvas
from text_recognizer.recognizer.artifact_files import read_config

SEED = 22
FORMATS = ["PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF"]
NUM_OF_FORMAT, NUM_CONFIGS, NUM_ARCHIVES = 200, 500, 300


def mutants(content, num, seed):
    """Yield the bytes with some changed, cut off, doubled or inserted."""
    rng = np.random.default_rng([SEED, seed])
    for _ in range(num):
        changed = bytearray(content)
        kind = rng.integers(4)
        place = int(rng.integers(len(changed)))
        if kind == 0:
            del changed[place:]
        elif kind == 1:
            changed[place:place] = rng.bytes(int(rng.integers(1, 30)))
        for one in rng.integers(0, max(1, len(changed)), int(rng.integers(1, 6))):
            if changed:
                changed[one] = rng.integers(256)
        yield bytes(changed)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("image_format", FORMATS)
def test_mutated_pictures(image_format):
    file = io.BytesIO()
    draw_page(size=(200, 260), pitch=24, corner=(20, 30)).save(file, image_format)
    for content in mutants(file.getvalue(), NUM_OF_FORMAT, FORMATS.index(image_format)):
        with allowed():
            picture = open_image(content)
            if picture.width * picture.height < 1_000_000:
                page_to_canvas(picture, (288, 320))


def test_mutated_configs(tmp_path):
    content = json.dumps(make_config()).encode()
    for changed in mutants(content, NUM_CONFIGS, 10):
        (tmp_path / "config.json").write_bytes(changed)
        with allowed():
            read_config(tmp_path / "config.json")


@pytest.mark.filterwarnings("ignore")
def test_mutated_archives(tmp_path):
    file, picture = io.BytesIO(), io.BytesIO()
    Image.new("L", (30, 40), 200).save(picture, "PNG")
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("a.png", "../b.png", "c/d.png"):
            archive.writestr(name, picture.getvalue())
    for number, changed in enumerate(mutants(file.getvalue(), NUM_ARCHIVES, 11)):
        name = tmp_path / f"{number}.zip"
        name.write_bytes(changed)
        with allowed():
            for page in find_pages([str(name)], PageNumbers(), 200.0).pages:
                with allowed():
                    page.open()
