"""Reading on a cluster: each page once, though a machine fails; errors and names as on one machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.tiny_artifact import draw_page, make_config, write_artifact
from text_recognizer.recognizer.command import main
from text_recognizer.recognizer.jobs.read_on_cluster import LARGEST_PART, part_size

LAB_DIRNAME = Path(__file__).resolve().parents[2]
SIZES = {"stem_dim": 2, "lstm_dim": 4}
# A machine that does other things as well is slow to start workers: nothing is given up for it.
PATIENT = {
    **dict.fromkeys(("RAY_gcs_server_request_timeout_seconds", "RAY_worker_register_timeout_seconds"), "1200"),
    **dict.fromkeys(("RAY_py_gcs_connect_timeout_s", "RAY_raylet_start_wait_time_s"), "1200"),
    "RAY_agent_register_timeout_ms": "1200000",
    "RAY_memory_monitor_refresh_ms": "0",
    "RAY_worker_niceness": "0",
}


@pytest.mark.parametrize(("num_pages", "size"), [(1, 1), (7, 1), (80, 10), (10_000, LARGEST_PART)])
def test_parts_are_small_where_there_are_few_pages(num_pages, size):
    assert part_size(num_pages, num_workers=2) == size


def test_without_ray_the_command_says_what_to_type(tmp_path, monkeypatch, capsys):
    write_artifact(tmp_path / "model", make_config(model_class="ParagraphResNetLSTM", model_flags=SIZES, loss="ctc"))
    draw_page().save(tmp_path / "a.png")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    argv = [str(tmp_path / "a.png"), "--engine=ray", f"--artifact_dirname={tmp_path / 'model'}"]
    assert main(argv) == 2
    assert 'Type: python -m pip install "ray[data]"' in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["--engine=ray", "--workers=2"])
def test_standard_input_is_for_one_process(flag, tmp_path, capsys):
    assert main(["-", flag]) == 2
    assert "standard input can be read by this process only" in capsys.readouterr().err


# The second node is killed when the first page has come, without a word to the others.
TWO_NODES = """
import os, sys
from ray.cluster_utils import Cluster
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
second = cluster.add_node(wait=False, num_cpus=1)
cluster.wait_for_nodes(timeout=1200)
os.environ["RAY_ADDRESS"] = cluster.address
from text_recognizer.recognizer.jobs import job
tell = job.tell

def tell_and_kill(text):
    tell(text)
    if text.startswith("[2/"):
        cluster.remove_node(second, allow_graceful=False)
        tell("killed")

job.tell = tell_and_kill
from text_recognizer.recognizer.command import main
status = main(sys.argv[1:])
import ray
ray.shutdown()  # a cluster refuses to end beneath a driver that is connected to it
cluster.shutdown()
sys.exit(status)
"""


@pytest.mark.slow
@pytest.mark.extras
def test_each_page_comes_once_though_one_of_two_nodes_is_killed(tmp_path, capsys):
    pytest.importorskip("ray", reason="needs Ray: make test-extras")
    pytest.importorskip("pyarrow", reason="Ray Data needs pyarrow")
    write_artifact(tmp_path / "model", make_config(model_class="ParagraphResNetLSTM", model_flags=SIZES, loss="ctc"))
    (tmp_path / "pages").mkdir()
    for number in range(14):
        draw_page(size=(500, 700), pitch=30, corner=(60, 60)).save(tmp_path / "pages" / f"{number:02}.png")
    Image.new("L", (300, 300), 240).save(tmp_path / "pages" / "14.png")
    (tmp_path / "pages" / "15.png").write_bytes(b"no image")
    words = ["pages", "--format=json", "--artifact_dirname=model"]
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"} | PATIENT
    environment["PYTHONPATH"] = str(LAB_DIRNAME)
    command = [sys.executable, "-c", TWO_NODES, *words, "--output=far", "--workers=2", "--engine=ray"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr  # because of the page that is no image
    assert "killed" in done.stderr
    here = subprocess.run(
        [sys.executable, "-m", "text_recognizer.paragraph_text_recognizer", *words, "--output=here"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert here.returncode == 1, here.stderr
    names = [path.name for path in sorted((tmp_path / "here").glob("*.json"))]
    assert len(names) == 15
    for name in names:
        assert (tmp_path / "far" / name).read_bytes() == (tmp_path / "here" / name).read_bytes()
    journal = (tmp_path / "far" / "readings.jsonl").read_text()
    for number in range(16):
        assert journal.count(f'"image": "pages/{number:02}.png"') == 1
    assert '"error": ' in journal
