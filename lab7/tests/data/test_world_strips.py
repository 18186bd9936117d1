import io
import json
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from text_recognizer.data import world_strips
from text_recognizer.data.storage.stand_in import MARKER_NAME, NOTICE
from text_recognizer.data.world_strips import LISTING, TOKENIZER, WorldReaderLines, WorldStrips
from text_recognizer.util import UserError

NUM_PICTURES = 8


@pytest.fixture
def dirname(monkeypatch, tmp_path):
    monkeypatch.setattr(world_strips, "DIRNAME", tmp_path)
    monkeypatch.setattr(world_strips, "PREPARED_FILENAME", tmp_path / "strips.h5")
    return tmp_path


def store(dirname, number=1, more=(), width=200):
    """Store two strips of each picture, whose pixels are all as bright as the picture's number."""
    rows = []
    with zipfile.ZipFile(dirname / f"strips_{number}.zip", "w") as archive:
        for picture in range(NUM_PICTURES):
            for i in range(2):
                buffer = io.BytesIO()
                Image.fromarray(np.full((56, width), 10 + picture, np.uint8)).save(buffer, format="png")
                archive.writestr(f"{picture}_{i}.png", buffer.getvalue())
                rows.append({"image": f"{picture}_{i}.png", "page": str(picture), "text": f"line {picture} {i}"})
        archive.writestr(LISTING, "\n".join(json.dumps(row) for row in [*rows, *more]))


def loaded(**settings):
    data = WorldStrips(**settings)
    data.prepare_data()
    data.setup()
    return data


def test_strips_keep_their_pixels_and_texts(dirname):
    store(dirname)
    x, y = loaded(augment=False).data_train[0]
    assert x.shape == WorldStrips.input_dims
    text = TOKENIZER.decode(y.tolist())
    assert text.startswith("line ")
    brightness = 10 + int(text.split()[1])
    assert (255 * x).round().unique().tolist() == [0, brightness]


def test_the_strips_of_a_picture_stay_in_one_split(dirname):
    store(dirname)
    data = loaded(augment=False)
    of_split = [
        {TOKENIZER.decode(y.tolist()).split()[1] for _, y in split}
        for split in (data.data_train, data.data_val, data.data_test)
    ]
    assert sum(map(len, of_split)) == len(set.union(*of_split)) == NUM_PICTURES


def test_strips_in_a_new_file_are_added(dirname):
    store(dirname)
    first = len(loaded().data_train)
    store(dirname, number=2)
    assert len(loaded().data_train) == 2 * first


def test_texts_outside_the_vocabulary_are_left_out(dirname):
    store(dirname, more=[{"image": "0_0.png", "page": "7", "text": "日本"}])
    assert len(loaded().data_train) == 2 * (NUM_PICTURES - 2)


def test_strips_that_are_too_long_for_the_canvas_are_left_out(dirname):
    store(dirname)
    num = len(loaded().data_train)
    store(dirname, number=2, width=1600)
    assert len(loaded().data_train) == num
    (dirname / "strips_1.zip").unlink()
    with pytest.raises(UserError, match=r"none of .* strips fits"):
        loaded()


def test_a_stand_in_among_the_sources_is_told(dirname):
    store(dirname)
    assert not loaded().is_stand_in
    with zipfile.ZipFile(dirname / "strips_1.zip", "a") as archive:
        archive.writestr(MARKER_NAME, NOTICE)
    data = loaded()
    assert data.is_stand_in
    assert "STAND-IN" in data.source


def test_they_are_a_source_of_the_readers_lines(dirname):
    store(dirname)
    torch.manual_seed(1)
    data = WorldReaderLines(sources="WorldStrips:1", num_mixed_lines=4, validate_on="WorldStrips", looks=0)
    data.prepare_data()
    data.setup()
    assert all(TOKENIZER.decode(data.data_train[i][1].tolist()).startswith("line ") for i in range(4))


def test_without_strips_the_command_that_draws_them_is_named(dirname):
    with pytest.raises(UserError, match=r"holds no strips_1\.zip: .*draw_strips\.py"):
        loaded()


def test_a_damaged_file_is_named(dirname):
    (dirname / "strips_1.zip").write_bytes(b"PK nothing")
    with pytest.raises(UserError, match=r"strips_1\.zip is no whole file of strips"):
        loaded()
