"""The exported networks that look at strips answer as the trained ones do, without PyTorch."""

import shutil

import numpy as np
import pytest
import torch

from text_recognizer.recognizer.artifact_files import PRINT_DIRNAME, WAY_UP_DIRNAME
from text_recognizer.recognizer.print_network import PrintNetwork
from text_recognizer.recognizer.way_up_network import WayUpNetwork
from text_recognizer.util import UserError
from training.export import export_onnx
from training.export.export_strip_network import compare_strip_networks

SHIPPED = {PRINT_DIRNAME: PrintNetwork, WAY_UP_DIRNAME: WayUpNetwork}


@pytest.mark.extras
@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda dirname: dirname.name)
def test_an_exported_network_answers_alike_and_is_used_where_pytorch_is_not_to_be_loaded(shipped, tmp_path, capsys):
    for name in export_onnx.PACKAGES:
        pytest.importorskip(name)
    network_class, dirname = SHIPPED[shipped], tmp_path / "network"
    shutil.copytree(shipped, dirname, ignore=shutil.ignore_patterns("model.onnx"))
    assert network_class.load(dirname, without_torch=True) is None
    trained = network_class(dirname)
    export_onnx.main([f"--artifact_dirname={dirname}"])
    assert f"{network_class.model_class}: logits differ by" in capsys.readouterr().out
    exported = network_class.load(dirname, without_torch=True)
    assert exported is not None
    assert exported.session is not None
    strip = np.random.default_rng(0).integers(0, 256, (56, 777), np.uint8)
    assert np.allclose(exported.logits(strip), trained.logits(strip), atol=1e-3)
    with torch.no_grad():
        next(iter(trained.model.parameters())).add_(1.0)
    with pytest.raises(UserError, match="logits differ by"):
        compare_strip_networks(trained, exported, 56)
