"""Answers one request: AWS Lambda calls `handler` for a function URL or an API Gateway.

The body is JSON, {"image": "the picture in base64", "mode": "fast", "format": "json"}, as for the service. So the page
of `read-paragraph serve --backend=URL` can read with the function.
"""

import base64
import binascii
import functools
import json
import os
from typing import Any

from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from text_recognizer.service.read_request import (
    MEDIA_TYPES,
    ReadRequest,
    Refused,
    answer,
    check,
    fields_of_json,
    open_picture,
)

ARTIFACT = "ARTIFACT_DIRNAME"  # the environment variable that names another model
MAX_PIXELS = 60_000_000
TEXT_TYPES = ("text/", "application/json", "application/xml", "application/xhtml+xml")


@functools.cache
def load() -> ParagraphTextRecognizer:
    """Load the model once for all requests of this process."""
    return ParagraphTextRecognizer(os.environ.get(ARTIFACT))


def handler(event: dict[str, Any], context: Any = None) -> dict[str, Any]:
    """Return the response to a request, in the format of function URLs (payload format 2.0)."""
    try:
        fields = fields_of_json(_body(event))
        wanted = ReadRequest(fields["image"], fields.get("mode") or None, fields.get("format") or "json")
        recognizer = load()
        check(recognizer, wanted)
        content = answer(recognizer, wanted, open_picture(wanted.content, MAX_PIXELS))
    except Refused as error:
        return _response(error.status, "application/json", json.dumps({"error": str(error)}).encode())
    return _response(200, MEDIA_TYPES[wanted.format], content)


def _body(event: dict[str, Any]) -> bytes:
    """Return the body of a request; an event that is the JSON object itself is its own body."""
    if "body" not in event:
        return json.dumps(event).encode()
    body = event["body"] or ""
    if not event.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(400, "the body is not base64, although the event says so") from None


def _response(status: int, kind: str, content: bytes) -> dict[str, Any]:
    is_text = kind.startswith(TEXT_TYPES)
    return {
        "statusCode": status,
        "headers": {"Content-Type": kind},
        "body": content.decode() if is_text else base64.b64encode(content).decode(),
        "isBase64Encoded": not is_text,
    }
