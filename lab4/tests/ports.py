"""Ports for processes that are told where to meet, before one of them listens there."""

import random
import socket

# Below those that Linux, macOS and Windows give to programs that ask for any port, as two suites at a time do.
LOW, HIGH = 20_000, 30_000


def free_port():
    """Return a port at which nobody listens, and which the system gives to nobody who did not name it."""
    system = random.SystemRandom()  # tests seed the other generator, and two suites would try the same ports
    while True:
        port = system.randrange(LOW, HIGH)
        with socket.socket() as free:
            try:
                free.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
