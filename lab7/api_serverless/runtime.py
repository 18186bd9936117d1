"""The loop of a Lambda function: it fetches one event after the other, and sends back the handler's responses.

It uses the runtime API (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) through Python's own HTTP
client, so the image needs no package for it.

    AWS_LAMBDA_RUNTIME_API=127.0.0.1:9001 python -m api_serverless.runtime
"""

import json
import os
import sys
import traceback
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any

VERSION = "2018-06-01"
ADDRESS = "AWS_LAMBDA_RUNTIME_API"  # the environment variable in which Lambda gives the runtime API's address
REQUEST_ID = "Lambda-Runtime-Aws-Request-Id"

Handler = Callable[[dict[str, Any]], dict[str, Any]]


class Runtime:
    """The runtime API at an address.

    Parameters
    ----------
    address
        Host and port.
    """

    def __init__(self, address: str) -> None:
        self.connection = HTTPConnection(address)  # without a time limit: the next event may come after an hour

    def serve_one(self, handler: Handler) -> None:
        """Wait for an event and answer it; an exception of the handler is reported to Lambda, and the loop goes on."""
        name, event = self._next()
        try:
            self._post(f"invocation/{name}/response", handler(event))
        except Exception as error:
            traceback.print_exc()
            self._post(f"invocation/{name}/error", _described(error))

    def tell_start_failed(self, error: Exception) -> None:
        """Report to Lambda that the function cannot start."""
        self._post("init/error", _described(error))

    def _next(self) -> tuple[str, dict[str, Any]]:
        self.connection.request("GET", f"/{VERSION}/runtime/invocation/next")
        response = self.connection.getresponse()
        return response.headers[REQUEST_ID], json.loads(response.read())

    def _post(self, path: str, content: dict[str, Any]) -> None:
        self.connection.request("POST", f"/{VERSION}/runtime/{path}", json.dumps(content).encode())
        self.connection.getresponse().read()


def _described(error: Exception) -> dict[str, Any]:
    return {"errorType": type(error).__name__, "errorMessage": str(error)}


def main() -> int:
    """Serve for ever."""
    address = os.environ.get(ADDRESS)
    if not address:
        print(
            f"error: {ADDRESS} is not set. Lambda sets it; to try the function, see tests/api_serverless",
            file=sys.stderr,
        )
        return 2
    runtime = Runtime(address)
    try:
        from api_serverless.handler import handler, load

        load()  # before the first event, in Lambda's time for the start
    except Exception as error:
        runtime.tell_start_failed(error)
        raise
    while True:
        runtime.serve_one(handler)


if __name__ == "__main__":
    sys.exit(main())
