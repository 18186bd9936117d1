"""The service: POST /v1/read, the JSON schema of its responses, a health check, and a page of documentation (/docs)."""

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from text_recognizer.recognizer.formats import FORMATS
from text_recognizer.recognizer.formats.plain import read_schema
from text_recognizer.recognizer.recognizer import MODES, ParagraphTextRecognizer
from text_recognizer.service.docs import describe
from text_recognizer.service.limits import Busy, Limits, ReadingQueue
from text_recognizer.service.read_request import MEDIA_TYPES, ReadRequest, Refused, answer, check, open_picture
from text_recognizer.service.receive import parse_request

LOG = logging.getLogger("text_recognizer.service")
FIELDS = {
    "mode": {"type": "string", "enum": [*MODES], "description": "The default is the model's own."},
    "format": {"type": "string", "enum": [*FORMATS], "default": "json"},
}
REQUEST_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["image"],
                "properties": {"image": {"type": "string", "format": "binary"}, **FIELDS},
            }
        },
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["image"],
                "properties": {"image": {"type": "string", "contentEncoding": "base64"}, **FIELDS},
            }
        },
    },
}
ERRORS = {
    400: "The request is malformed.",
    408: "The picture did not arrive in time.",
    413: "The picture is too large.",
    415: "The body is neither a form nor JSON.",
    422: "It is not a picture, or the model does not have the mode.",
    429: "Too many requests wait; Retry-After says when to try again.",
    503: "The picture could not be read in time.",
}


class Service:
    """Reads the pictures that clients send.

    Parameters
    ----------
    recognizer
        Reads the pictures.
    limits
        The limits of requests.
    """

    def __init__(self, recognizer: ParagraphTextRecognizer, limits: Limits) -> None:
        self.recognizer = recognizer
        self.limits = limits
        self.queue = ReadingQueue(limits)

    async def answer(self, request: Request) -> Response:
        """Answer a request and log it in one line, without texts or file names."""
        start = time.monotonic()
        name = uuid.uuid4().hex[:8]
        about: dict[str, Any] = {}
        try:
            response = await self._read(request, start, about)
        except (Refused, Busy) as error:
            status = error.status if isinstance(error, Refused) else 429
            response = JSONResponse({"error": str(error)}, status)
            if isinstance(error, Busy):
                response.headers["Retry-After"] = str(error.retry_after)
        response.headers["X-Request-Id"] = name
        facts = ", ".join(f"{value} {key}" for key, value in about.items())
        LOG.info(
            "%s: status %d, %.2f s%s", name, response.status_code, time.monotonic() - start, facts and f", {facts}"
        )
        return response

    async def _read(self, request: Request, start: float, about: dict[str, Any]) -> Response:
        try:
            wanted = await asyncio.wait_for(parse_request(request, self.limits), self.limits.max_seconds)
        except TimeoutError:
            raise Refused(408, f"the picture did not arrive within {self.limits.max_seconds:g} seconds") from None
        about["bytes"] = len(wanted.content)
        check(self.recognizer, wanted)  # before the request waits in the queue
        seconds = self.limits.max_seconds - (time.monotonic() - start)
        try:
            return await self.queue.run(lambda: self._respond(wanted, about), seconds)
        except TimeoutError:
            raise Refused(503, f"the picture could not be read within {self.limits.max_seconds:g} seconds") from None

    def _respond(self, wanted: ReadRequest, about: dict[str, Any]) -> Response:
        """Read a picture, in a thread of the queue."""
        picture = open_picture(wanted.content, self.limits.max_pixels)
        about["pixels"] = picture.width * picture.height
        return Response(answer(self.recognizer, wanted, picture), media_type=MEDIA_TYPES[wanted.format])


class Api(FastAPI):
    """An application that adds the schema of readings, from pages.schema.json, to its OpenAPI description."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI description."""
        described = super().openapi()
        schemas = described.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(_with_references_to(read_schema()["$defs"], "#/components/schemas/"))
        return described


def create_api(recognizer: ParagraphTextRecognizer, limits: Limits | None = None) -> FastAPI:
    """Return the application for uvicorn or any other ASGI server."""
    service = Service(recognizer, limits or Limits())

    @asynccontextmanager
    async def lifespan(api: FastAPI) -> AsyncIterator[None]:
        yield
        service.queue.close()

    api = Api(title="Handwriting recogniser", version="1", lifespan=lifespan, docs_url=None, redoc_url=None)
    api.state.service = service
    definitions = read_schema()["$defs"]
    answers: dict[int | str, dict[str, Any]] = {
        200: {
            "description": "The reading, in the format that was asked for.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/reading"}}},
        },
        **{status: {"description": text} for status, text in ERRORS.items()},
    }

    @api.post("/v1/read", responses=answers, openapi_extra={"requestBody": REQUEST_BODY}, response_class=Response)
    async def read(request: Request) -> Response:
        """Read the handwriting on a picture, PNG, JPEG, WebP, TIFF, BMP, GIF or AVIF; of several pages, the first."""
        return await service.answer(request)

    @api.get("/v1/schema")
    def schema() -> dict[str, Any]:
        """Return the JSON schema of a reading."""
        return {"$schema": read_schema()["$schema"], "$ref": "#/$defs/reading", "$defs": definitions}

    @api.get("/docs", include_in_schema=False)
    def docs(request: Request) -> HTMLResponse:
        """Describe the service on a web page."""
        return HTMLResponse(describe(api.openapi(), str(request.base_url)))

    @api.get("/health")
    def health() -> dict[str, Any]:
        """Report that the service is up, and its load."""
        queue = service.queue
        return {
            "status": "ok",
            "taken": queue.num_taken,
            "waiting": queue.num_waiting,
            "model": recognizer.dirname.name,
        }

    return api


def _with_references_to(value: Any, place: str) -> Any:
    if isinstance(value, dict):
        return {
            key: one.replace("#/$defs/", place) if key == "$ref" else _with_references_to(one, place)
            for key, one in value.items()
        }
    return [_with_references_to(one, place) for one in value] if isinstance(value, list) else value
