"""Searches that are killed and go on, with real engines and tiny trainings."""

import csv
import json
import os
import re
import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from training import run_experiment, sweep

pytestmark = pytest.mark.extras
LAB_DIRNAME = Path(__file__).resolve().parents[3]
# Ray gives up what takes longer than some seconds, and where memory is short, ends trials; a machine may be busy.
PATIENT = {
    **dict.fromkeys(("RAY_worker_register_timeout_seconds", "RAY_gcs_server_request_timeout_seconds"), "1200"),
    **dict.fromkeys(("RAY_py_gcs_connect_timeout_s", "RAY_gcs_rpc_server_connect_timeout_s"), "1200"),
    **dict.fromkeys(("RAY_raylet_start_wait_time_s", "RAY_gcs_rpc_server_reconnect_timeout_s"), "1200"),
    **dict.fromkeys(("RAY_health_check_timeout_ms", "RAY_agent_register_timeout_ms"), "1200000"),
    "RAY_memory_monitor_refresh_ms": "0",
    "RAY_worker_niceness": "0",  # by default a trial comes behind all other programs, and hardly ever on a busy machine
}
SMALL = ["--batch_size=512", "--fc2=8", "--max_epochs=2", "--accelerator=cpu", "--devices=1"]


@pytest.fixture
def write(tmp_path):
    def write(**content):
        parameters = {"data_class": {"value": "UCIDigits"}, "model_class": {"value": "MLP"}}
        parameters |= content.pop("parameters")
        filename = tmp_path / "some.yml"
        metric = {"name": "val_loss", "goal": "minimize"}
        filename.write_text(yaml.safe_dump({"metric": metric, "parameters": parameters, **content}))
        return [str(filename), *SMALL, f"--default_root_dir={tmp_path / 'logs'}"]

    return write


def run(argv):
    return sweep.search(*sweep.parse_command(argv))


@pytest.mark.parametrize("method", ["random", "bayes"])
def test_a_search_goes_on_where_it_was_killed(method, write, tmp_path, capsys):
    optuna = pytest.importorskip("optuna", reason="needs Optuna: make test-extras")
    lr = {"distribution": "log_uniform_values", "min": 0.0001, "max": 0.1}
    argv = [*write(method=method, parameters={"lr": lr}), f"--storage={tmp_path / 's.db'}"]
    study = run([*argv, "--num_trials=2"])
    first = [trial.params["lr"] for trial in study.trials]
    killed = study.ask()  # as a process leaves it that was killed
    killed.suggest_float("lr", 0.0001, 0.1, log=True)
    killed.set_user_attr("process", [os.uname().nodename, 2**22 + 1])
    study = run([*argv, "--num_trials=4"])
    printed = capsys.readouterr().out
    assert "has 2 trials already: going on with them" in printed
    assert "Trial 2 was killed: it is tried again" in printed
    complete = [trial for trial in study.trials if trial.state == optuna.trial.TrialState.COMPLETE]
    assert len(complete) == 4
    assert killed.params["lr"] in [trial.params["lr"] for trial in complete]
    assert len({trial.params["lr"] for trial in complete}) == 4  # nothing was drawn twice
    assert [trial.params["lr"] for trial in complete[:2]] == first
    assert (tmp_path / "s.parallel.png").is_file()
    assert (tmp_path / "s.importance.png").is_file()
    assert "python training/run_experiment.py --data_class=UCIDigits" in printed


def test_a_grid_is_tried_once_and_bad_trials_are_given_up(write, tmp_path):
    pytest.importorskip("optuna", reason="needs Optuna: make test-extras")
    argv = write(
        method="grid",
        parameters={"lr": {"values": [0.01, 1e-9]}, "fc1": {"values": [16, 8]}},
        early_terminate={"type": "hyperband", "min_iter": 1, "eta": 2},
    )
    study = run([*argv, f"--storage={tmp_path / 's.db'}", "--num_trials=50"])
    assert len(study.trials) == 4
    assert {trial.state.name for trial in study.trials} == {"COMPLETE", "PRUNED"}


def test_a_locked_file_is_one_line(write, tmp_path, monkeypatch):
    engine = pytest.importorskip("training.search.optuna_engine", reason="needs Optuna: make test-extras")
    monkeypatch.setattr(engine, "LOCK_SECONDS", 0.1)
    lock = sqlite3.connect(tmp_path / "s.db")
    lock.execute("create table t (x)")
    lock.execute("begin exclusive")
    with pytest.raises(SystemExit) as stop:
        sweep.main([*write(parameters={"fc1": {"values": [8, 16]}}), f"--storage={tmp_path / 's.db'}"])
    lock.close()
    assert "s.db: database is locked. Wait for the process that uses it" in str(stop.value)
    assert "\n" not in str(stop.value)


def test_a_population_learns_from_its_best_and_its_schedule_is_replayed(write, tmp_path):
    pytest.importorskip("ray", reason="needs Ray: make test-extras")
    lr = {"distribution": "log_uniform_values", "min": 0.00001, "max": 0.1}
    argv = [*write(parameters={"lr": lr}), "--engine=ray", "--population=4", "--max_epochs=2", "--num_cpus=0.25"]
    command = [sys.executable, "training/sweep.py", *argv, f"--storage={tmp_path / 'pbt'}"]
    result = run_with_ray(command)
    schedule = yaml.safe_load((tmp_path / "pbt/schedule.yaml").read_text())
    assert min(schedule) == 0
    policies = [path.read_text() for path in (tmp_path / "pbt").rglob("pbt_global.txt")]
    assert policies
    assert json.loads(policies[0].splitlines()[0])
    command = next(line for line in result.stdout.splitlines() if line.startswith("python training/run_experiment.py"))
    assert f"--lr_schedule={tmp_path / 'pbt/schedule.yaml'}" in command
    of_members = set((tmp_path / "logs").rglob("metrics.csv"))
    run_experiment.main(shlex.split(command)[2:])
    (log,) = set((tmp_path / "logs").rglob("metrics.csv")) - of_members
    rates = [float(row["lr"]) for row in csv.DictReader(log.open()) if row.get("lr")]
    assert len(rates) == 2
    assert rates == pytest.approx([schedule[max(key for key in schedule if key <= epoch)] for epoch in range(2)])


def test_a_random_search_with_ray_tries_as_many_as_asked_and_repeats_with_its_seed(write, tmp_path):
    pytest.importorskip("ray", reason="needs Ray: make test-extras")
    lr = {"distribution": "log_uniform_values", "min": 0.0001, "max": 0.1}
    argv = [*write(method="random", parameters={"lr": lr}), "--engine=ray", "--max_epochs=1", "--num_cpus=0.5"]
    run_with_ray([sys.executable, "-c", THREE_SEARCHES, str(tmp_path), *argv, "--num_trials=3"])
    first, again, other = json.loads((tmp_path / "rates.json").read_text())
    assert len(set(first)) == 3
    assert all(0.0001 <= rate <= 0.1 for rate in first)
    assert again == first
    assert not set(other) & set(first)


THREE_SEARCHES = """
import json, sys
from pathlib import Path
from training import sweep
place, *argv = sys.argv[1:]
rates = []
for name, seed in ("first", 1), ("again", 1), ("other", 2):
    results = sweep.search(*sweep.parse_command([*argv, f"--storage={place}/{name}", f"--search_seed={seed}"]))
    rates.append(sorted(result.config["lr"] for result in results))
Path(place, "rates.json").write_text(json.dumps(rates))
"""


def run_with_ray(command):
    """Run a command that starts Ray; where somebody has a cluster, it is not the place of a test."""
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"} | PATIENT
    result = subprocess.run(command, cwd=LAB_DIRNAME, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result


TWO_NODES = """
import os, sys
from ray.cluster_utils import Cluster
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
cluster.add_node(wait=False, num_cpus=1)
cluster.wait_for_nodes(timeout=1200)
os.environ["RAY_ADDRESS"] = cluster.address
from training import sweep
results = sweep.search(*sweep.parse_command(sys.argv[1:]))
print("epochs:", [result.metrics["training_iteration"] for result in results])
import ray
print("nodes:", len({node["NodeID"] for node in ray.nodes()}))
ray.shutdown()  # a cluster refuses to end beneath a driver that is connected to it
cluster.shutdown()
"""


def test_a_search_on_two_nodes_of_a_cluster(write, tmp_path):
    """Both on this machine; bad trials are given up."""
    pytest.importorskip("ray", reason="needs Ray: make test-extras")
    argv = write(
        parameters={"lr": {"values": [0.003, 1e-5, 1e-6, 1e-7]}},  # two at a time, and each later one is worse
        method="grid",
        early_terminate={"type": "hyperband", "min_iter": 1, "eta": 2},
    )
    argv += ["--batch_size=64", "--engine=ray", f"--storage={tmp_path / 'two'}"]
    command = [sys.executable, "-c", TWO_NODES, *argv]
    result = run_with_ray(command)
    assert "4 trials. The best has val_loss" in result.stdout
    assert "--lr=0.003" in result.stdout, result.stdout
    (epochs,) = re.findall(r"epochs: \[(\d), \d, (\d), (\d)\]", result.stdout)
    assert epochs == ("2", "1", "1")  # the second one may be the first to end its epoch
    assert "nodes: 2" in result.stdout


def test_a_population_varies_nothing_but_its_learning_rate(write, tmp_path):
    pytest.importorskip("ray", reason="needs Ray: make test-extras")
    argv = [*write(parameters={"fc1": {"values": [8, 16]}}), "--engine=ray", "--population=4"]
    with pytest.raises(SystemExit, match="varies fc1: expected lr alone"):
        sweep.main([*argv, f"--storage={tmp_path / 'pbt'}"])
