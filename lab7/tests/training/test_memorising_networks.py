"""Each network of lab 7's page of networks learns one batch by heart through the real command."""

import pytest

from tests.training.test_memorising import BATCH
from tests.training.test_memorising_ctc import LINES
from training.command_line.flags import parse
from training.run_experiment import run

SMALL = "--tf_dim=64 --tf_fc_dim=64 --tf_nhead=2 --tf_layers=2 --tf_dropout=0"
CONVNEXT = "--convnext_dim=8 --convnext_mults=[2,4,8] --convnext_depths=[1,1,1] --convnext_factors=[[2,2],[2,2],[2,2]]"
RESNET = "--resnet_channels=[16,32,64] --resnet_kernels=[5,3,3] --resnet_strides=[[2,2],[2,2],[2,2]]"


@pytest.mark.slow
@pytest.mark.parametrize(
    "model",
    [
        f"--model_class=ConvTransformer {CONVNEXT} {SMALL}",
        f"--model_class=ConvTransformer {CONVNEXT} {SMALL} --tf_encoder_layers=1 --residual_attention",
        f"--model_class=Vit --vit_patch_width=7 {SMALL}",
        f"--model_class=OwnResNetTransformer {RESNET} {SMALL} --ignore_padding=false",
    ],
)
def test_one_batch_of_lines_is_written_without_an_error(model, tmp_path):
    flags = [*model.split(), "--loss=transformer", "--lr=0.002", "--max_epochs=300", f"--default_root_dir={tmp_path}"]
    metrics = run(parse([*LINES, "--with_start_end_tokens=true", *BATCH, *flags]))
    assert metrics["val_cer"] == 0


@pytest.mark.slow
def test_one_batch_of_lines_is_read_through_windows_without_an_error(tmp_path):
    model = "--model_class=ConvolutionalRecurrentNetwork --crnn_window_stride=7 --crnn_dropout=0 --loss=ctc"
    flags = [
        *model.split(),
        "--lr=0.003",
        "--max_epochs=500",
        "--gradient_clip_val=1",
        f"--default_root_dir={tmp_path}",
    ]
    assert run(parse([*LINES, *BATCH, *flags]))["val_cer"] < 0.05


@pytest.mark.slow
def test_one_batch_of_characters_is_learnt_by_heart(tmp_path):
    flags = ["--data_class=EMNIST", "--model_class=LeNet", "--lenet_dropout=0", "--batch_size=32", "--max_epochs=100"]
    assert run(parse([*flags, *BATCH, f"--default_root_dir={tmp_path}"]))["val_acc"] == 1
