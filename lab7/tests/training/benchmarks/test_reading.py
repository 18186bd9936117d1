import re

import numpy as np
import pytest
import torch

from tests.tiny_artifact import make_config, write_artifact
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from text_recognizer.recognizer.torch_reader import TorchReader
from text_recognizer.vocabulary import tokenizer_of
from training.benchmarks import reading as benchmark_reading
from training.benchmarks.reading import UncachedReader, draw_page, main

RESNET = {"tf_dim": 8, "tf_fc_dim": 8, "tf_nhead": 1, "tf_layers": 1}


def test_both_ways_to_write_write_the_same(tmp_path, monkeypatch):
    config = make_config((64, 80), length=12, model_class="ResnetTransformer", model_flags=RESNET)
    weights = write_artifact(tmp_path, config).state_dict()
    weights["decoder.classifier.bias"][tokenizer_of(config["data_config"]).end] = benchmark_reading.NEVER
    write_artifact(tmp_path, config, weights)
    monkeypatch.setattr(benchmark_reading, "NUM_CHARACTERS", 11)
    pixels = torch.randint(256, (64, 80), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)).numpy()
    assert UncachedReader(tmp_path).decode(pixels) == TorchReader(tmp_path).decode(pixels)


def test_an_artifact_is_timed_in_each_of_its_modes(tmp_path, capsys):
    write_artifact(tmp_path, make_config((64, 80), model_class="LineCNN", model_flags={"conv_dim": 2}, loss="ctc"))
    main([f"--artifact_dirname={tmp_path}", "--num_rounds=1"])
    printed = capsys.readouterr().out
    assert re.search(r"threads, torch \S+, load [\d.]+ to load [\d.]+", printed)
    assert re.findall(r"^  (artifact.*?)  +[\d.]+ s$", printed, re.MULTILINE) == [
        "artifact, fast",
        "artifact, the command",
    ]


@pytest.mark.parametrize("model_class", ["ResnetTransformer", "ParagraphResNetLSTM"])
def test_fresh_models_have_all_ways_to_read_and_never_an_end(model_class, tmp_path):
    benchmark_reading.write_fresh(model_class, tmp_path / "fresh")
    recognizer = ParagraphTextRecognizer(tmp_path / "fresh")
    assert recognizer.reader.modes == (("careful", "fast") if model_class == "ResnetTransformer" else ("fast",))
    if model_class == "ResnetTransformer":
        assert recognizer.reader.model.decoder.classifier.bias[recognizer.reader.tokenizer.end] < -50_000


@pytest.mark.parametrize(
    ("picture", "size", "num_lines"), [("page", (1240, 1240), 12), ("photograph", (4000, 3000), 27)]
)
def test_the_page_has_lines(picture, size, num_lines):
    page = draw_page(picture)
    assert page.size == size
    has_ink = (np.asarray(page) < 128).any(axis=1)
    assert np.count_nonzero(has_ink[1:] & ~has_ink[:-1]) == num_lines
