"""Runs at Weights & Biases, whose package is played by a small one."""

import sys
from types import SimpleNamespace

import pytest

from text_recognizer.util import UserError
from training.runs.local import choose_best
from training.runs.online import online_runs


class FakeArtifact:
    def __init__(self, content=b"weights", kind="model", aliases=("best", "latest"), file="model.ckpt"):
        self.content, self.type, self.aliases, self.file = content, kind, list(aliases), file
        self.name = "model-abc:v0"
        self.metadata = {"val_loss": 0.5, "test_cer": 0.25, "note": "text"}

    def download(self, root):
        with open(f"{root}/{self.file}", "wb") as file:
            file.write(self.content)


class FakeRun:
    def __init__(self, run_id, summary, artifacts=(), data_class="IAMLines"):
        self.path = ["us", "labs", run_id]
        self.config = {"data_class": data_class, "log_dirname": "somewhere"}
        self.tags: list[str] = []
        self.summary, self.artifacts = summary, artifacts

    def logged_artifacts(self):
        return self.artifacts


@pytest.fixture
def serve(monkeypatch):
    """Let W&B give some runs; return the paths that were asked for."""
    asked = []

    def give(*runs):
        def api_runs(path):
            asked.append(path)
            if not runs:
                raise ConnectionError("no\nnetwork")
            return iter(runs)

        monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(Api=lambda timeout: SimpleNamespace(runs=api_runs)))
        return asked

    return give


def choose(metric="val_loss", mode="min"):
    return choose_best(online_runs("us", "labs"), "IAMLines", metric, mode, "us/labs")


def test_the_best_run_has_the_best_value_of_any_epoch_and_its_best_model_is_downloaded(serve, tmp_path):
    artifacts = [
        FakeArtifact(kind="run-history"),
        FakeArtifact(b"first", aliases=["v0"]),
        FakeArtifact(b"the best"),
        FakeArtifact(b"last", aliases=["latest"]),
    ]
    asked = serve(
        FakeRun("a", {"val_loss": 0.6, "best_val_loss": 0.6}),
        FakeRun("b", {"val_loss": 0.9, "best_val_loss": 0.5}, artifacts),
        FakeRun("c", {"val_loss": "NaN"}),
        FakeRun("d", {"val_loss": float("nan")}),
        FakeRun("e", {"val_loss": 0.1, "best_val_loss": 0.1}, data_class="MNIST"),
        FakeRun("f", {}),
    )
    run = choose()
    assert run.name == "us/labs/b"
    checkpoint = run.best_checkpoint(tmp_path)
    assert checkpoint.filename.read_bytes() == b"the best"
    assert checkpoint.metrics == {"val_loss": 0.5, "test_cer": 0.25}
    assert asked == ["us/labs"]


def test_a_run_that_is_tagged_as_on_a_stand_in_is_called_so(serve):
    run = FakeRun("a", {"val_loss": 0.6, "best_val_loss": 0.6})
    run.tags = ["STAND-IN"]
    serve(run)
    assert choose().name == "us/labs/a (STAND-IN)"


def test_another_metric_may_be_better_when_higher(serve):
    serve(FakeRun("a", {"val_acc": 0.9}), FakeRun("b", {"val_acc": 0.8}))
    assert choose("val_acc", "max").name == "us/labs/a"
    with pytest.raises(UserError, match=r"--metric=val_cer: no run .* They have: val_acc"):
        choose("val_cer")


@pytest.mark.parametrize(
    ("artifacts", "expected"),
    [
        ([], "has 0 models marked as best"),
        ([FakeArtifact(aliases=["latest"])], "has 0 models marked as best"),
        ([FakeArtifact(file="other.bin")], r"expected model\.ckpt"),
    ],
)
def test_a_run_without_its_best_model_is_one_line(artifacts, expected, serve, tmp_path):
    serve(FakeRun("a", {"val_loss": 0.5}, artifacts))
    with pytest.raises(UserError, match=f"us/labs/a.*{expected}"):
        choose().best_checkpoint(tmp_path)


def test_your_own_projects_need_no_entity(serve):
    asked = serve(FakeRun("a", {"val_loss": 0.5}))
    assert len(online_runs(None, "labs")) == 1
    assert asked == ["labs"]


def test_no_network_is_one_line(serve):
    serve()
    with pytest.raises(
        UserError,
        match=r"^--entity=us --project=labs: W&B gives no runs of us/labs: no network. Type: python -m wandb login",
    ):
        online_runs("us", "labs")


def test_a_missing_package_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(UserError, match=r"--entity=us --project=labs: needs Weights & Biases .*pip install wandb"):
        online_runs("us", "labs")
