"""Receives a client's request, within the limits."""

from collections.abc import AsyncIterator
from typing import Any

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from text_recognizer.service.limits import Limits
from text_recognizer.service.read_request import FIELDS, ReadRequest, Refused, fields_of_json

FIELDS_BYTES = 100_000  # for the fields beside the picture


async def parse_request(request: Request, limits: Limits) -> ReadRequest:
    """Parse a request.

    Raises
    ------
    Refused
        If it is too large or malformed.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        fields = fields_of_json(await _body(request, limits.max_bytes * 4 // 3 + FIELDS_BYTES))
    elif kind == "multipart/form-data":
        fields = await _from_form(request, await _body(request, limits.max_bytes + FIELDS_BYTES))
    else:
        raise Refused(415, f"content type {kind!r}: expected multipart/form-data or application/json")
    if len(fields["image"]) > limits.max_bytes:
        raise Refused(413, f"the picture has more than {limits.max_bytes:,} bytes. Make it smaller")
    return ReadRequest(fields["image"], fields.get("mode") or None, fields.get("format") or "json")


async def _body(request: Request, limit: int) -> bytes:
    """Receive a request's body; stop as soon as it is too large."""
    parts = []
    length = 0
    async for part in request.stream():
        length += len(part)
        if length > limit:
            raise Refused(413, f"the request has more than {limit:,} bytes. Make the picture smaller")
        parts.append(part)
    return b"".join(parts)


async def _from_form(request: Request, body: bytes) -> dict[str, Any]:
    async def stream() -> AsyncIterator[bytes]:
        yield body

    try:
        form = await MultiPartParser(request.headers, stream(), max_files=1, max_fields=8).parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise Refused(400, f"the form cannot be read ({getattr(error, 'message', error)})") from None
    image = form.get("image")
    if not isinstance(image, UploadFile):
        raise Refused(400, "expected the picture as a file in the field `image`")
    return {**{name: form[name] for name in FIELDS if name in form}, "image": await image.read()}
