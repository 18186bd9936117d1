"""Serves an application with uvicorn."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

GRACE = 60  # seconds for running requests to finish when the service is stopped


class Server(uvicorn.Server):
    """A server that reports when it is ready.

    Parameters
    ----------
    config
        uvicorn's configuration.
    on_start
        Called when the server is ready.
    """

    def __init__(self, config: uvicorn.Config, on_start: Callable[[], None]) -> None:
        super().__init__(config)
        self.on_start = on_start

    async def startup(self, sockets: Any = None) -> None:
        """Start to listen."""
        await super().startup(sockets)
        if self.started:
            self.on_start()


def make_server(api: Any, host: str, port: int, on_start: Callable[[], None] = lambda: None) -> uvicorn.Server:
    """Return a server that on Ctrl-C or SIGTERM accepts no more requests, but answers those it has."""
    config = uvicorn.Config(
        api, host, port, log_level="warning", access_log=False, timeout_graceful_shutdown=GRACE, server_header=False
    )
    return Server(config, on_start)


@contextmanager
def running(api: Any, host: str, port: int) -> Iterator[str]:
    """Serve in a thread while the block lasts, and yield the address. Port 0 takes a free port."""
    server = make_server(api, host, port)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise OSError(f"{host}:{port}: cannot be served")
        time.sleep(0.01)
    try:
        yield f"http://{host}:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
