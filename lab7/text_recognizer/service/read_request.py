"""A client's request: a picture in base64 within JSON, or as a file of a form. Addresses are never fetched.

It needs no packages beyond the recogniser's, because a serverless function has no web framework.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from PIL import Image

from text_recognizer.documents.heif import know_heif
from text_recognizer.documents.open_picture import open_image
from text_recognizer.documents.page_source import NamedBytes
from text_recognizer.images.safe_open import identify
from text_recognizer.recognizer.formats import FORMATS, PageResult
from text_recognizer.recognizer.formats.plain import page_as_dict
from text_recognizer.util import UserError

FIELDS = ("mode", "format")
MEDIA_TYPES = {
    "txt": "text/plain; charset=utf-8",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "alto": "application/xml",
    "page": "application/xml",
    "hocr": "application/xhtml+xml",
    "pdf": "application/pdf",
}


class Refused(Exception):  # noqa: N818
    """A request that is refused with an HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class ReadRequest:
    """A client's request.

    Parameters
    ----------
    content
        The bytes of the picture.
    mode
        The mode of reading.
    format
        The format of the response.
    """

    content: bytes
    mode: str | None = None
    format: str = "json"


def fields_of_json(body: bytes) -> dict[str, Any]:
    """Return the fields of a JSON object, with the bytes of its picture.

    Raises
    ------
    Refused
        If the body is not such an object.
    """
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, 'the body is not JSON. Expected {"image": "the picture in base64"}') from None
    image = fields.get("image") if isinstance(fields, dict) else None
    if not isinstance(image, str):
        raise Refused(400, 'expected {"image": "the picture in base64"}')
    if any(not isinstance(fields.get(name) or "", str) for name in FIELDS):
        raise Refused(400, "mode and format: expected texts")
    try:
        return fields | {
            "image": base64.b64decode(image.partition(",")[2] if image[:5] == "data:" else image, validate=True)
        }
    except (binascii.Error, ValueError):
        raise Refused(400, "image: not base64. Expected the picture itself; addresses are not fetched") from None


def open_picture(content: bytes, max_pixels: int) -> Image.Image:
    """Return the upright picture.

    Raises
    ------
    Refused
        If it has too many pixels; this is checked before it is decoded.
    UserError
        If it is not a picture.
    """
    know_heif()
    file = NamedBytes(content, "the picture")
    try:
        width, height = identify(file, file.name).size
    except Exception:  # `open_image` reports the error
        width = height = 0
    if width * height > max_pixels:
        raise Refused(413, f"{width:,} x {height:,} pixels: expected at most {max_pixels:,} in all. Make it smaller")
    file.seek(0)
    try:
        return open_image(file)
    except UserError as error:
        raise Refused(422, str(error)) from None


def check(recognizer: Any, wanted: ReadRequest) -> None:
    """Refuse a request that cannot be carried out.

    Raises
    ------
    Refused
        If there is no such format, or the model does not have the mode.
    """
    if wanted.format not in FORMATS:
        raise Refused(422, f"format {wanted.format!r}: expected one of {', '.join(FORMATS)}")
    try:
        recognizer.check_mode(wanted.mode)
    except UserError as error:
        raise Refused(422, str(error)) from None


def answer(recognizer: Any, wanted: ReadRequest, picture: Image.Image) -> bytes:
    """Read a picture, and return the response's body in the format that was asked for; see MEDIA_TYPES.

    Raises
    ------
    Refused
        If the reading cannot be written in the format.
    """
    try:
        reading = recognizer.predict(picture, wanted.mode, return_details=True)
        result = PageResult("picture", reading, picture.size, lambda: picture)
        if wanted.format == "json":
            return json.dumps(page_as_dict(result), ensure_ascii=False).encode()
        return FORMATS[wanted.format].content([result])
    except UserError as error:
        raise Refused(422, str(error)) from None
