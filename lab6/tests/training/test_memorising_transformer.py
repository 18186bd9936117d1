"""The Transformer learns one batch of lines by heart through the real command."""

import pytest

from tests.training.test_memorising import BATCH
from tests.training.test_memorising_ctc import LINES
from training.command_line.flags import parse
from training.run_experiment import run


@pytest.mark.slow
def test_one_batch_of_lines_is_read_without_an_error(tmp_path):
    model = "--model_class=LineCNNTransformer --conv_dim=16 --tf_dim=64 --tf_fc_dim=64 --tf_layers=2 --tf_dropout=0"
    flags = [*model.split(), "--loss=transformer", "--lr=0.002", "--max_epochs=300", f"--default_root_dir={tmp_path}"]
    metrics = run(parse([*LINES, "--with_start_end_tokens=true", *BATCH, *flags]))
    assert metrics["val_cer"] == 0
