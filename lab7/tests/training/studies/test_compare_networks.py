"""The studies of networks and of what is learned before: each runs for a step or two on small data."""

import pytest
import torch

from text_recognizer.data import FewIAMLines
from text_recognizer.models import ConvTransformer
from text_recognizer.util import UserError
from text_recognizer.vocabulary import TOKENIZER
from training.studies import compare_networks, compare_pretraining, masked_characters

SMALL = ["--tf_dim=16", "--tf_fc_dim=16", "--tf_nhead=2", "--tf_layers=1", "--convnext_dim=2", "--max_steps=2"]
SMALL += ["--convnext_depths=[0,0,1,1]", "--batch_size=4"]
STEM = ["--stem_dim=2", "--lstm_dim=8", "--max_steps=2", "--batch_size=4"]


def test_a_vq_vae_trains_before_convnext_and_draws(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(compare_networks, "RECONSTRUCTIONS", tmp_path / "drawn.png")
    args = compare_networks.Question(arms="ConvNeXt,VQ-VAE first", minutes=0.5)
    results = compare_networks.compare(args, SMALL)
    assert [len(results[name]) for name in args.chosen] == [1, 1]
    printed = capsys.readouterr().out
    assert "perplexity" in printed
    assert "CER of the CTC head" in printed
    assert (tmp_path / "drawn.png").exists()


def test_few_lines_are_always_the_same_and_a_part_of_more():
    torch.manual_seed(0)
    few, more = (FewIAMLines(num_iam_lines=number) for number in (3, 6))
    for data in (few, more):
        data.prepare_data()
        data.setup()
    assert len(few.data_train) == 3
    assert torch.equal(few.data_train.targets, more.data_train.targets[:3])
    assert torch.equal(few.data_train[1][1], few.data_train.targets[1])
    first = few.data_train[0][0]
    few.data_train.set_epoch(1)
    assert not torch.equal(few.data_train[0][0], first)
    plain = FewIAMLines(num_iam_lines=3, augment=False)
    plain.setup()
    assert torch.equal(plain.data_train[2][1], few.data_train.targets[2])
    with pytest.raises(UserError, match="--num_iam_lines=0"):
        FewIAMLines(num_iam_lines=0)


def test_each_number_of_lines_is_read_with_and_without_cpc(monkeypatch, capsys):
    monkeypatch.setattr(
        compare_pretraining, "UNLABELLED", [*compare_pretraining.UNLABELLED, "--stem_dim=2", "--max_steps=1"]
    )
    args = compare_pretraining.Pretraining(lines="3,5", seeds="1", minutes=0.5, before=0.5)
    results = compare_pretraining.compare(args, STEM)
    assert set(results) == {(number, way) for number in (3, 5) for way in ("with", "without")}
    assert "bound" in capsys.readouterr().out


def test_a_decoder_that_has_read_texts_learns_to_write(capsys):
    args = compare_pretraining.Pretraining(what="masked", lines="3", seeds="1", minutes=0.5, before=0.001)
    results = compare_pretraining.compare(args, SMALL)
    assert set(results) == {(3, "with"), (3, "without")}
    assert "guessed" in capsys.readouterr().out


def test_some_characters_are_hidden_and_no_others_are_guessed():
    torch.manual_seed(0)
    rows = torch.tensor([TOKENIZER.encode("the quick brown fox", 30, True)] * 400)
    shown, chosen = masked_characters.hide(rows, TOKENIZER)
    is_text = rows > 3
    assert 0.13 < chosen[is_text].float().mean() < 0.17
    assert not chosen[~is_text].any()
    assert torch.equal(shown[~chosen], rows[~chosen])
    assert 0.77 < (shown[chosen] == TOKENIZER.blank).float().mean() < 0.83
    assert 0.08 < (shown[chosen] == rows[chosen]).float().mean() < 0.13


def test_only_the_token_part_is_handed_on():
    config = {"input_dims": (1, 16, 32), "output_dims": (40,), "mapping": TOKENIZER.mapping}
    decoder = ConvTransformer(config, tf_dim=8, tf_fc_dim=8, tf_nhead=2, tf_layers=1).decoder
    masked = masked_characters.train_masked(decoder, TOKENIZER, 1e-4, 0)
    assert masked.steps == 1
    assert "embedding.weight" in masked.weights
    assert not [name for name in masked.weights if "cross_" in name]


@pytest.mark.parametrize(
    ("main", "argv", "expected"),
    [
        (compare_networks.main, ["--arms=Nope"], "'Nope' is not one of ConvNeXt"),
        (compare_networks.main, ["--minutes=0"], "more than 0"),
        (compare_networks.main, ["--loss=ctc"], "sets it itself"),
        (compare_networks.main, ["--questions=padding"], "--question"),
        (compare_pretraining.main, ["--lines=0"], "--lines=0"),
        (compare_pretraining.main, ["--before=0"], "more than 0"),
        (compare_pretraining.main, ["--what=bert"], "--what"),
        (compare_pretraining.main, ["--line=3"], "--lines"),
    ],
)
def test_mistakes_are_one_line(main, argv, expected):
    with pytest.raises(SystemExit, match=expected):
        main(argv)
