"""The line model with narrow columns learns one batch by heart through the real command."""

import pytest

from tests.training.test_memorising import BATCH
from tests.training.test_memorising_ctc import LINES
from training.command_line.flags import parse
from training.run_experiment import run


@pytest.mark.slow
def test_one_batch_of_lines_is_read_without_an_error(tmp_path):
    model = "--model_class=LineResNetLSTM --stem_dim=8 --lstm_dim=128 --dropout=0"
    flags = [
        *model.split(),
        "--loss=ctc",
        "--lr=0.005",
        "--max_epochs=400",
        "--gradient_clip_val=1",
        f"--default_root_dir={tmp_path}",
    ]
    metrics = run(parse([*LINES, *BATCH, *flags]))
    assert metrics["val_cer"] == 0
