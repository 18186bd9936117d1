"""Characters and word pieces beside each other."""

import pytest
import torch

from text_recognizer.models import LineTDS
from text_recognizer.util import UserError
from training.command_line.flags import build, parse
from training.studies.compare_tokens import main, parse_command, run, write_start

SMALL = ["--minutes=0.02", "--word_pieces=iamdb_1kwp_tokens_1000.txt", "--batch_size=2", "--limit_train_batches=1"]
SMALL += ["--tds_depth=2", "--tds_channels=1", "--tds_blocks=1", "--accelerator=cpu", "--max_steps=1"]


def test_all_ways_are_trained_and_read(capsys):
    results = run(*parse_command([*SMALL, "--ways=ctc,transducer,pieces_ctc", "--limit_val_batches=1"]))
    assert results.keys() == {"ctc", "transducer", "pieces_ctc"}
    printed = capsys.readouterr().out
    assert printed.count("CER") == 3
    assert "times the rate" in printed


def test_the_encoders_begin_with_the_same_weights_whatever_the_classes():
    weights = []
    for num_classes in (5, 50):
        torch.manual_seed(1)
        config = {"input_dims": (1, 56, 64), "output_dims": (9,), "mapping": [str(i) for i in range(num_classes)]}
        weights.append(LineTDS(config, tds_channels=1).encoder.state_dict())
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_training_may_begin_with_the_weights_of_another_model(tmp_path):
    flags = ["--data_class=IAMLines", "--model_class=LineTDS", "--tds_channels=1", "--tds_depth=2", "--tds_blocks=1"]
    args = parse([*flags, "--loss=ctc"])
    config = build(args.classes["data_class"], args).config()
    weights = build(args.classes["model_class"], args, config).state_dict()
    torch.save(weights, tmp_path / "model.pt")
    pieces = ["--tokens=word_pieces", "--word_pieces=iamdb_1kwp_tokens_1000.txt", "--loss=transducer"]
    write_start([*flags, *pieces], tmp_path / "model.pt", tmp_path / "start.ckpt")
    start = torch.load(tmp_path / "start.ckpt", weights_only=True)["state_dict"]
    assert all(torch.equal(start[f"model.{name}"], weights[name]) for name in weights if name.startswith("encoder."))
    assert start["model.classifier.weight"].shape != weights["classifier.weight"].shape
    with pytest.raises(UserError, match="none of its weights fit CNN"):
        write_start(["--data_class=EMNIST", "--model_class=CNN"], tmp_path / "model.pt", tmp_path / "start.ckpt")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--ways=ctc,letters"], "'letters' is not one of ctc, transducer, pieces_ctc"),
        (["--minutes=0"], "--minutes=0.0: expected more than 0"),
        (["--blank=never"], "--blank=never"),
        (["--word_pieces=nothing.txt"], "no such file"),
        (["--encoder=nothing.pt"], "--encoder=nothing.pt: cannot be read"),
    ],
)
def test_mistakes_are_one_line(flags, message):
    with pytest.raises(SystemExit, match=message):
        main([*SMALL, *flags])
