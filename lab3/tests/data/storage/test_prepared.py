import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from text_recognizer.data.storage.prepared import (
    PreparedDataset,
    fingerprint,
    is_current,
    made_from_of,
    write_images,
    write_prepared,
)
from text_recognizer.data.util import to_image_tensor
from text_recognizer.util import UserError

LAB_DIRNAME = Path(__file__).resolve().parents[3]
IMAGES = np.random.default_rng(0).integers(0, 256, (20, 4, 6), dtype=np.uint8)
TARGETS = np.arange(40, dtype=np.uint8).reshape(20, 2)
KILLED_IN_THE_MIDDLE = """
import os, runpy, signal, sys
from pathlib import Path
import numpy as np
prepared = runpy.run_path("text_recognizer/data/storage/prepared.py")
with prepared["write_prepared"](Path(sys.argv[1]), "new") as file:
    prepared["write_images"](file, "x_train", np.zeros((100, 28, 28), np.uint8))
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def filename(tmp_path):
    return tmp_path / "processed" / "set" / "data.h5"


def write(filename, made_from="all this"):
    with write_prepared(filename, made_from) as file:
        write_images(file, "x_val", IMAGES)
        file.create_dataset("y_val", data=TARGETS)


def fail_in_the_middle(filename, exception):
    with write_prepared(filename, "new") as file:
        write_images(file, "x_val", IMAGES)
        raise exception


def test_a_file_is_current_while_it_is_made_from_the_same(filename):
    assert not is_current(filename, "all this")
    write(filename)
    assert is_current(filename, "all this")
    assert not is_current(filename, "all that")
    assert made_from_of(filename) == "all this"
    assert list(filename.parent.iterdir()) == [filename]


def test_a_file_is_not_there_before_it_is_whole(filename):
    with write_prepared(filename, "all this") as file:
        write_images(file, "x_val", IMAGES)
        assert not is_current(filename, "all this")
        assert not filename.exists()


@pytest.mark.parametrize("exception", [RuntimeError, KeyboardInterrupt])
def test_an_interruption_leaves_nothing(filename, exception):
    with pytest.raises(exception):
        fail_in_the_middle(filename, exception)
    assert list(filename.parent.iterdir()) == []


def test_an_interruption_keeps_the_old_file(filename):
    write(filename, "old")
    with pytest.raises(KeyboardInterrupt):
        fail_in_the_middle(filename, KeyboardInterrupt)
    assert is_current(filename, "old")
    assert len(PreparedDataset(filename, "val", to_image_tensor)) == 20


@pytest.mark.parametrize("old", [None, "old"])
def test_a_killed_process_leaves_no_file_that_is_taken_for_whole(filename, old):
    if old is not None:
        write(filename, old)
    command = [sys.executable, "-c", KILLED_IN_THE_MIDDLE, str(filename)]
    environment = os.environ | {"PYTHONPATH": str(LAB_DIRNAME)}
    result = subprocess.run(command, cwd=LAB_DIRNAME, env=environment, check=False)
    assert result.returncode == -signal.SIGKILL
    assert filename.exists() == (old is not None)
    assert made_from_of(filename) == old
    write(filename, "new")
    assert is_current(filename, "new")


DAMAGE = {
    "truncated": lambda content: content[: len(content) // 2],
    "nearly empty": lambda content: content[:10],
    "empty": lambda content: b"",
    "a web page": lambda content: b"<!doctype html>" * 100,
    "head overwritten": lambda content: bytes(512) + content[512:],
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_told_and_not_current(filename, capsys, damage):
    write(filename)
    filename.write_bytes(DAMAGE[damage](filename.read_bytes()))
    assert not is_current(filename, "all this")
    assert f"{filename} is damaged" in capsys.readouterr().out


def test_a_whole_file_is_not_called_damaged(filename, capsys):
    write(filename)
    is_current(filename, "all this")
    is_current(filename, "all that")
    assert capsys.readouterr().out == ""


def test_a_file_of_another_origin_is_not_current(filename):
    filename.parent.mkdir(parents=True)
    with h5py.File(filename, "w") as file:
        file.create_dataset("x_val", data=IMAGES)
    assert made_from_of(filename) is None


def test_a_fingerprint_stays_while_source_and_settings_do(tmp_path):
    (tmp_path / "source").write_text("text")
    settings = {"source": tmp_path / "source", "seed": 42}
    assert fingerprint(**settings) == fingerprint(**dict(reversed(settings.items())))


@pytest.mark.parametrize(
    "changed", [{"seed": 43}, {"other": 42}, {"overlap": 0.2}, {"overlap": None}], ids=lambda changed: str(changed)
)
def test_a_fingerprint_changes_with_the_settings(tmp_path, changed):
    (tmp_path / "source").write_text("text")
    settings = {"source": tmp_path / "source", "seed": 42, "overlap": 0.1}
    assert fingerprint(**settings) != fingerprint(**(settings | changed))


def test_a_fingerprint_changes_with_the_source(tmp_path):
    source, second = tmp_path / "source", tmp_path / "second"
    source.write_text("text")
    second.write_text("longer text")
    before = fingerprint(source=source)
    assert fingerprint(source=second) != before
    source.write_text("longer text")
    assert fingerprint(source=source) != before


def test_a_fingerprint_changes_with_a_source_of_the_same_size(tmp_path):
    source = tmp_path / "source"
    source.write_text("text")
    before = fingerprint(source=source)
    source.write_text("TEXT")
    os.utime(source, ns=(0, 0))
    assert fingerprint(source=source) != before


def test_reading_one_image_reads_no_other(filename):
    write(filename)
    with h5py.File(filename) as file:
        assert file["x_val"].chunks == (1, 4, 6)


def dataset_in(filename):
    write(filename)
    return PreparedDataset(filename, "val", to_image_tensor)


def assert_all_there(examples):
    images, targets = zip(*examples, strict=True)
    np.testing.assert_array_equal((torch.stack(images)[:, 0] * 255).round().numpy(), IMAGES)
    np.testing.assert_array_equal(torch.stack(targets).numpy(), TARGETS)


def test_a_dataset_gives_images_with_their_targets(filename):
    dataset = dataset_in(filename)
    assert len(dataset) == 20
    image, target = dataset[7]
    assert image.shape == (1, 4, 6)
    assert image.dtype == torch.float32
    assert target.dtype == torch.int64
    assert_all_there([dataset[i] for i in range(20)])


def test_an_index_beyond_the_end_is_an_error(filename):
    with pytest.raises(IndexError):
        dataset_in(filename)[20]


@pytest.mark.parametrize("was_read", [False, True])
def test_a_dataset_can_be_pickled(filename, was_read):
    dataset = dataset_in(filename)
    if was_read:
        dataset[0]
    copy = pickle.loads(pickle.dumps(dataset))
    assert_all_there([copy[i] for i in range(20)])


@pytest.mark.parametrize("was_read", [False, True])
def test_workers_read_what_the_process_itself_reads(filename, was_read):
    dataset = dataset_in(filename)
    if was_read:
        dataset[0]
    loader = DataLoader(dataset, batch_size=3, num_workers=2)
    assert_all_there([example for images, targets in loader for example in zip(images, targets, strict=True)])


def test_memory_holds_no_images(filename):
    dataset = dataset_in(filename)
    dataset[0]
    held = [value for value in vars(dataset).values() if isinstance(value, (np.ndarray, torch.Tensor))]
    assert sum(value.nbytes for value in held) == TARGETS.size * 8


def test_a_damaged_file_is_named_with_what_to_do(tmp_path):
    filename = tmp_path / "damaged.h5"
    filename.write_bytes(b"not HDF5")
    with pytest.raises(UserError, match=r"damaged\.h5 is damaged .*make generate"):
        PreparedDataset(filename, "train", to_image_tensor)
