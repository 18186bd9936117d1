"""A double of AWS Lambda's runtime interface: hands events to a function on this machine, and keeps its responses.

It is a small HTTP server on loopback with the paths of https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html.
It is no emulation of Lambda: it does not limit memory or time.
"""

import json
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PREFIX = "/2018-06-01/runtime/"


class Server(ThreadingHTTPServer):
    """A server that says nothing of a function that is stopped while it waits for an event."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing."""


class RuntimeInterfaceDouble:
    """Serves while a `with` block lasts.

    Parameters
    ----------
    events
        The events by their names, in the order in which they are handed out.
    patience
        Seconds that a request for an event waits when all have been handed out and not all are answered.

    Attributes
    ----------
    address
        Host and port.
    answers
        What came back, by its path.
    handed_out, answered
        When each event was handed out, and when something came back, in seconds of time.perf_counter.
    is_done
        Set when as many answers have come as there were events.
    """

    def __init__(self, events: Mapping[str, dict[str, Any]], patience: float = 1200) -> None:
        self.waiting, self.answers = dict(events), dict[str, Any]()
        self.handed_out, self.answered = list[float](), list[float]()
        self.is_done = threading.Event()
        double, total = self, len(self.waiting)

        class Interface(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                """Hand out the next event."""
                assert self.path == f"{PREFIX}invocation/next"
                if not double.waiting:
                    double.is_done.wait(patience)
                    return
                name = next(iter(double.waiting))
                double.handed_out.append(time.perf_counter())
                self.reply(json.dumps(double.waiting.pop(name)).encode(), name)

            def do_POST(self) -> None:
                """Keep what comes back."""
                content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                double.answers[self.path.removeprefix(PREFIX)] = content
                double.answered.append(time.perf_counter())
                if len(double.answers) == total:
                    double.is_done.set()
                self.reply(b"{}")

            def reply(self, content: bytes, name: str = "") -> None:
                """Send a response, with the name of an event."""
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", name)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args: Any) -> None:
                """Log nothing."""

        self.server = Server(("127.0.0.1", 0), Interface)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> "RuntimeInterfaceDouble":
        """Begin to serve."""
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        """End."""
        self.is_done.set()
        self.server.shutdown()
        self.server.server_close()
