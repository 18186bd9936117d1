"""Each model learns one batch by heart through the real command: what cannot do that has a fault."""

import pytest

from training.flags import parse
from training.run_experiment import run

BATCH = ["--overfit_batches=1", "--check_val_every_n_epoch=1000", "--num_workers=0", "--enable_progress_bar=false"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        "--data_class=EMNIST --model_class=CNN --batch_size=32 --max_epochs=100 --conv_dropout=0",
        "--data_class=EMNIST --model_class=ResNet --batch_size=32 --max_epochs=100 --res_dim=16 --res_dropout=0",
        "--data_class=EMNISTLines --model_class=LineCNNSimple --batch_size=8 --max_epochs=300 --max_length=8 "
        "--max_overlap=0 --num_train=8 --num_val=8 --num_test=8 --conv_dropout=0",
    ],
    ids=lambda command: command.split("model_class=")[1].split()[0],
)
def test_one_batch_is_learnt_by_heart(command, tmp_path):
    metrics = run(parse([*command.split(), *BATCH, f"--default_root_dir={tmp_path}"]))
    assert metrics["val_acc"] == 1
    assert metrics["val_loss"] < 0.1
