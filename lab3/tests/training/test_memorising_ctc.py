"""The models for CTC learn one batch of lines by heart through the real command.

The first steps go by on a plateau of blanks. The lines are short, with little paper behind them: where a line ends far
from the end of the canvas, its last letter may spread over all of that paper, a little to each window, and stay there.
"""

import pytest

from tests.training.test_memorising import BATCH
from training.command_line.flags import parse
from training.run_experiment import run

LINES = [
    "--data_class=EMNISTLines",
    "--max_length=8",
    "--num_train=8",
    "--num_val=8",
    "--num_test=8",
    "--batch_size=8",
]


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        "--model_class=LineCNN --conv_dim=16 --fc_dim=128 --fc_dropout=0",
        "--model_class=LineCNNLSTM --conv_dim=16 --fc_dim=128 --fc_dropout=0 --lstm_dim=128 --lstm_dropout=0",
    ],
    ids=lambda command: command.split("model_class=")[1].split()[0],
)
def test_one_batch_of_lines_is_read_without_an_error(command, tmp_path):
    flags = [
        *command.split(),
        "--loss=ctc",
        "--lr=0.003",
        "--max_epochs=400",
        "--gradient_clip_val=1",
        f"--default_root_dir={tmp_path}",
    ]
    metrics = run(parse([*LINES, *BATCH, *flags]))
    assert metrics["val_cer"] == 0
