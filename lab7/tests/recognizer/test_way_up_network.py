import json

import numpy as np
import pytest
import torch

from text_recognizer.models import WayUpFinder
from text_recognizer.recognizer.artifact_files import PRINT_DIRNAME
from text_recognizer.recognizer.way_up_network import MAX_VOTE, WayUpNetwork
from text_recognizer.util import UserError

DATA = {"input_dims": [1, 56, 256], "output_dims": [1], "mapping": ["upright", "upside down"]}
CONFIG = {
    "model_class": "WayUpFinder",
    "model_flags": {"way_width": 4},
    "loss": "cross_entropy",
    "data_class": "TurnedLines",
    "data_config": DATA,
}


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    dirname = tmp_path_factory.mktemp("way_up_finder")
    torch.manual_seed(0)
    torch.save(WayUpFinder(DATA, way_width=4).state_dict(), dirname / "model.pt")
    (dirname / "config.json").write_text(json.dumps(CONFIG))
    return WayUpNetwork(dirname)


def test_a_line_has_one_vote_wherever_it_stands_in_its_strip(network):
    strip = np.zeros((56, 300), np.uint8)
    strip[20:30, 40:200] = np.random.default_rng(0).integers(0, 256, (10, 160))
    higher = np.roll(strip, -7, axis=0)
    one, two = network.votes([strip, higher])
    assert one == two
    assert abs(one) <= MAX_VOTE
    assert network.votes([]) == []


def test_no_line_outvotes_all_others(network, monkeypatch):
    monkeypatch.setattr(network, "logits", lambda _: np.array([-90.0, 90.0]))
    assert network.votes([np.zeros((56, 9), np.uint8)]) == [-MAX_VOTE]


def test_another_artifact_is_refused():
    with pytest.raises(UserError, match="does not tell which way up a line is"):
        WayUpNetwork(PRINT_DIRNAME)
