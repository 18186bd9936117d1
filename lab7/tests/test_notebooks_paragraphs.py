"""The notebooks on paragraphs run on small data, the second with models of both kinds, trained for a moment."""

import pytest
from nbclient.exceptions import CellExecutionError

from tests.run_notebook import num_pictures, outputs_of, printed, run_notebook
from training import run_experiment
from training.command_line.flags import parse

pytestmark = pytest.mark.slow

QUIET = ["--enable_progress_bar=false", "--enable_model_summary=false", "--accelerator=cpu", "--devices=1"]
QUIET += ["--num_sanity_val_steps=0", "--data_class=IAMParagraphs", "--max_epochs=1", "--batch_size=2"]
QUIET += ["--limit_train_batches=1", "--limit_val_batches=1", "--limit_test_batches=1"]
MODELS = {
    "ctc": ["--model_class=ParagraphResNetLSTM", "--stem_dim=4", "--lstm_dim=8"],
    "transformer": ["--model_class=ResnetTransformer", "--tf_dim=16", "--tf_fc_dim=8", "--tf_layers=1"],
}


def test_04_look_at_iam_paragraphs():
    notebook = run_notebook("04-look-at-iam-paragraphs")
    assert "source      paragraphs of the IAM subset (10 of 1,539 forms)" in printed(notebook)
    assert num_pictures(notebook) >= 14


@pytest.mark.parametrize("loss", MODELS)
def test_04b_look_at_paragraph_predictions(loss, tmp_path):
    run_experiment.run(parse([*QUIET, f"--loss={loss}", *MODELS[loss], f"--default_root_dir={tmp_path}"]))
    (run,) = tmp_path.glob("IAMParagraphs_*/version_0")
    notebook = run_notebook("04b-look-at-paragraph-predictions", CHECKPOINT=str(run))
    assert "source: paragraphs of the IAM subset" in printed(notebook)
    assert "CER " in printed(notebook)
    assert num_pictures(notebook) >= 7
    assert any("<del>" in output.get("data", {}).get("text/html", "") for output in outputs_of(notebook))


def test_04b_without_a_model_says_how_to_train_one(tmp_path):
    with pytest.raises(CellExecutionError, match=r"(?m)^error: CHECKPOINT=.*: no checkpoint in it") as stop:
        run_notebook("04b-look-at-paragraph-predictions", CHECKPOINT=str(tmp_path))
    assert "Traceback" not in str(stop.value)
