"""A double of Weights & Biases' server: it answers on loopback what the client asks to list runs and load artifacts.

It is no W&B, and proves nothing of theirs. It lets the real client talk over real HTTP, so that what the labs do with
the client's answers is tested without an account.
"""

import base64
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ENTITY, PROJECT = "us", "labs"
PAGE_INFO = {"endCursor": None, "hasNextPage": False}
DAY = "2026-01-01T00:00:00"


class Double(ThreadingHTTPServer):
    """Serves runs.

    Parameters
    ----------
    runs
        By id: `config`, `summary`, `tags`, and `files` of the artifact that is marked as the best.
    """

    daemon_threads = True

    def __init__(self, runs: dict[str, dict]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.runs = runs
        self.asked: list[str] = []
        self.address = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Double

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path != "/graphql":
            return self._send(b"{}")
        question = json.loads(body)
        (name,) = re.findall(r"^\s*(?:query|mutation)\s+(\w+)", question["query"], flags=re.MULTILINE)
        self.server.asked.append(name)
        answer = ANSWERS.get(name)
        data = answer(self.server, question.get("variables") or {}) if answer else {}
        return self._send(json.dumps({"data": data}).encode())

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        _, kind, run_id, *name = f"{self.path}//".split("/", 3)
        run = self.server.runs.get(run_id, {})
        if kind == "manifest":
            self._send(json.dumps(manifest_of(run["files"])).encode())
        elif kind == "file" and (name[0].rstrip("/")) in run.get("files", {}):
            self._send(run["files"][name[0].rstrip("/")].read_bytes())
        else:
            self.send_error(404)

    def _send(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        """Be quiet."""


def viewer(server, variables):
    node = {"node": {"name": ENTITY}}
    user = {"id": "u", "entity": ENTITY, "username": ENTITY, "email": "", "flags": "{}", "teams": {"edges": [node]}}
    return {"viewer": user}


def run_node(run_id, run):
    config = {name: {"value": value} for name, value in run["config"].items()}
    return {
        **{"id": run_id, "name": run_id, "displayName": run_id, "projectId": "1", "state": "finished"},
        **{"tags": run.get("tags", []), "config": json.dumps(config), "summaryMetrics": json.dumps(run["summary"])},
        **{"sweepName": None, "group": None, "jobType": None, "commit": None, "readOnly": False, "notes": None},
        **{"createdAt": DAY, "heartbeatAt": DAY, "description": None, "historyLineCount": 1, "systemMetrics": "{}"},
        **{"user": {"name": ENTITY, "username": ENTITY}, "historyKeys": None},
    }


def list_runs(server, variables):
    edges = [{"cursor": run_id, "node": run_node(run_id, run)} for run_id, run in server.runs.items()]
    runs = {"edges": edges, "pageInfo": PAGE_INFO}
    return {"project": {"internalId": "1", "runCount": len(edges), "readOnly": False, "runs": runs}}


def one_run(server, variables):
    run_id = variables.get("name") or variables.get("run")
    return {"project": {"internalId": "1", "run": run_node(run_id, server.runs[run_id])}}


def collection(run_id):
    return {
        **{"__typename": "ArtifactSequence", "id": f"c-{run_id}", "name": f"model-{run_id}"},
        "project": {"id": "1", "internalId": "1", "name": PROJECT, "entity": {"name": ENTITY}, "entityName": ENTITY},
    }


def artifact_node(run_id, run):
    alias = {"__typename": "ArtifactAlias", "id": "a", "alias": "best", "artifactCollection": collection(run_id)}
    return {
        **{"__typename": "Artifact", "id": f"artifact-{run_id}", "artifactSequence": collection(run_id)},
        **{"versionIndex": 0, "artifactType": {"name": "model"}, "description": None, "tags": [], "historyStep": None},
        **{"metadata": json.dumps(run["metadata"]), "ttlDurationSeconds": -2, "ttlIsInherited": True},
        **{"state": "COMMITTED", "size": 1, "digest": "0", "digestAlgorithm": "MANIFEST_MD5", "commitHash": None},
        **{"fileCount": len(run["files"]), "createdAt": DAY, "updatedAt": DAY, "aliases": [alias]},
    }


def output_artifacts(server, variables):
    run_id = variables["run"]
    run = server.runs[run_id]
    edges = [{"node": artifact_node(run_id, run)}] if run.get("files") else []
    return {"project": {"run": {"artifacts": {"totalCount": len(edges), "pageInfo": PAGE_INFO, "edges": edges}}}}


def run_id_of(variables):
    texts = [value for value in variables.values() if isinstance(value, str)]
    return next(text.removeprefix("artifact-").removeprefix("model-").split(":")[0] for text in texts if "-" in text)


def manifest(server, variables):
    return {
        "artifact": {"currentManifest": {"file": {"directUrl": f"{server.address}/manifest/{run_id_of(variables)}"}}}
    }


def manifest_of(files: dict[str, Path]):
    contents = {}
    for name, path in files.items():
        content = path.read_bytes()
        digest = base64.b64encode(hashlib.md5(content).digest()).decode()
        contents[name] = {"digest": digest, "size": len(content)}
    policy = {"storageLayout": "V2"}
    return {
        "version": 1,
        "storagePolicy": "wandb-storage-policy-v1",
        "storagePolicyConfig": policy,
        "contents": contents,
    }


def file_urls(server, variables):
    run_id = run_id_of(variables)
    files = server.runs[run_id]["files"]
    edges = [
        {"node": {"name": name, "directUrl": f"{server.address}/file/{run_id}/{name}"}, "cursor": name}
        for name in files
    ]
    found = {"pageInfo": PAGE_INFO, "edges": edges}
    return {
        "artifact": {"files": found},
        "project": {"artifactCollection": {"__typename": "ArtifactSequence", "artifactMembership": {"files": found}}},
    }


ANSWERS = {
    "Viewer": viewer,
    "GetDefaultEntity": viewer,
    "Runs": list_runs,
    "Run": one_run,
    "RunOutputArtifacts": output_artifacts,
    "FetchArtifactManifest": manifest,
    "GetArtifactMembershipFileUrls": file_urls,
    "GetArtifactFileUrls": file_urls,
}
