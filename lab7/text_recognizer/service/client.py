"""Reads with a remote service, through the interface of the recogniser."""

import base64
import io
import json
import urllib.error
import urllib.request
from typing import Any

from PIL import Image

from text_recognizer.checked_json import parse_json
from text_recognizer.recognizer.draw import in_colour
from text_recognizer.recognizer.formats.plain import page_from_dict
from text_recognizer.recognizer.result import Reading
from text_recognizer.util import UserError
from text_recognizer.web import opener_for

JPEG_QUALITY = 95
MAX_BYTES = 50_000_000  # of a response


class RemoteRecognizer:
    """Reads with a remote service.

    Parameters
    ----------
    url
        The service's address without a path, such as http://127.0.0.1:8000, or the address of a function that takes the
        same JSON.
    time_limit
        Seconds to wait for a reading.
    """

    def __init__(self, url: str, time_limit: float = 90.0) -> None:
        if not url.startswith(("http://", "https://")):
            raise UserError(f"--backend={url}: expected an address that begins with http:// or https://")
        path = url.rstrip("/").partition("://")[2].partition("/")[2]
        self.url = url if path else url.rstrip("/") + "/v1/read"
        self.time_limit = time_limit

    def predict(self, picture: Image.Image, mode: str | None = None) -> Reading:
        """Return the reading of a picture.

        Raises
        ------
        UserError
            If the service cannot be reached, or refuses the request.
        """
        body = {"image": base64.b64encode(as_sent(picture)).decode()} | ({"mode": mode} if mode else {})
        headers = {"Content-Type": "application/json"}
        # __init__ has checked the scheme.
        request = urllib.request.Request(self.url, json.dumps(body).encode(), headers)  # noqa: S310
        try:
            with opener_for(self.url).open(request, timeout=self.time_limit) as response:
                answer = parse_json(response.read(MAX_BYTES), "the answer")
            reading = page_from_dict({"image": "picture", **answer}).reading
        except urllib.error.HTTPError as error:
            raise UserError(f"{self.url}: {_message(error)}") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"{self.url}: no reading came back ({error})") from None
        if isinstance(reading, UserError):
            raise reading
        return reading


def as_sent(picture: Image.Image) -> bytes:
    """Return the file of a picture that is sent to a service."""
    file = io.BytesIO()
    in_colour(picture).save(file, "JPEG", quality=JPEG_QUALITY)
    return file.getvalue()


def _message(error: urllib.error.HTTPError) -> Any:
    """Return the message in a service's error response."""
    try:
        return str(parse_json(error.read(MAX_BYTES), "the answer")["error"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"status {error.code}"
