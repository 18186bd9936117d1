import json

import numpy as np
import pytest
import torch

from text_recognizer.models import PrintFinder
from text_recognizer.page.printed_parts import CELL
from text_recognizer.recognizer import print_network
from text_recognizer.recognizer.artifact_files import SHIPPED_FINDER_DIRNAME
from text_recognizer.recognizer.print_network import PrintNetwork
from text_recognizer.recognizer.strip_network import MULTIPLE
from text_recognizer.util import UserError

DATA = {"input_dims": [1, 56, 1024], "output_dims": [128], "mapping": ["empty", "handwriting", "print"]}
CONFIG = {
    "model_class": "PrintFinder",
    "model_flags": {"print_width": 4},
    "loss": "cross_entropy",
    "data_class": "PrintedOrWrittenLines",
    "data_config": DATA,
}


@pytest.fixture(scope="module")
def dirname(tmp_path_factory):
    dirname = tmp_path_factory.mktemp("print_finder")
    torch.manual_seed(0)
    torch.save(PrintFinder(DATA, print_width=4).state_dict(), dirname / "model.pt")
    (dirname / "config.json").write_text(json.dumps(CONFIG))
    return dirname


def test_each_strip_gets_probabilities_for_its_own_cells_whatever_its_width(dirname, monkeypatch):
    rng = np.random.default_rng(0)
    strips = [rng.integers(0, 256, (56, width), dtype=np.uint8) for width in (60, MULTIPLE, 3 * MULTIPLE + 3)]
    network = PrintNetwork(dirname)
    seen = network.see(strips)
    assert [cells.shape for cells in seen] == [(-(-strip.shape[1] // CELL), 3) for strip in strips]
    assert all(cells.sum(axis=1) == pytest.approx(1, abs=1e-5) for cells in seen)
    assert network.see(strips[:1])[0] == pytest.approx(seen[0])
    monkeypatch.setattr(print_network, "WIDEST", MULTIPLE)
    assert network.see(strips)[2].shape == seen[2].shape


def test_it_is_not_used_where_it_is_missing_or_would_load_pytorch(dirname, tmp_path):
    assert PrintNetwork.load(None, without_torch=False) is None
    assert PrintNetwork.load(tmp_path / "nowhere", without_torch=False) is None
    assert PrintNetwork.load(dirname, without_torch=True) is None
    assert PrintNetwork.load(dirname, without_torch=False) is not None


def test_another_artifact_is_refused():
    with pytest.raises(UserError, match="does not find print"):
        PrintNetwork(SHIPPED_FINDER_DIRNAME)
