"""Each model learns one batch by heart through the real command: what cannot do that has a fault."""

import pytest

from text_recognizer.vocabulary import INDEX_OF, PADDING
from training.command_line.flags import build, parse
from training.run_experiment import run

BATCH = ["--overfit_batches=1", "--check_val_every_n_epoch=1000", "--num_workers=0", "--enable_progress_bar=false"]


@pytest.mark.slow
@pytest.mark.parametrize("model", ["--model_class=CNN --conv_dropout=0", "--model_class=ResNet --res_dropout=0"])
def test_one_batch_is_learnt_by_heart(model, tmp_path):
    flags = ["--data_class=EMNIST", *model.split(), "--batch_size=32", "--max_epochs=100"]
    metrics = run(parse([*flags, *BATCH, f"--default_root_dir={tmp_path}"]))
    assert metrics["val_acc"] == 1
    assert metrics["val_loss"] < 0.1


@pytest.mark.slow
def test_windows_that_know_nothing_of_each_other_learn_all_but_the_spaces_by_heart(tmp_path):
    # A space looks just like the paper behind the end of a line, which there is more of.
    lines = ["--data_class=EMNISTLines", "--max_length=8", "--num_train=8", "--num_val=8", "--num_test=8"]
    flags = [*lines, "--max_overlap=0", "--model_class=LineCNNSimple", "--conv_dropout=0", "--batch_size=8"]
    args = parse([*flags, *BATCH, "--max_epochs=100", f"--default_root_dir={tmp_path}"])
    metrics = run(args)
    data = build(args.classes["data_class"], args)
    data.setup()
    labels = [label for _, y in data.data_train for label in y.tolist() if label != PADDING]
    assert metrics["val_acc"] == pytest.approx(1 - labels.count(INDEX_OF[" "]) / len(labels))
