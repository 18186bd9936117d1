"""Reads with a service that runs elsewhere; for a program it looks like the recogniser itself."""

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
MAX_BYTES = 50_000_000  # of an answer


class RemoteRecognizer:
    """Reads with a service.

    Parameters
    ----------
    url
        Its address, without a path: http://127.0.0.1:8000; or that of a function that takes the same JSON.
    time_limit
        Seconds to wait for a reading.
    """

    def __init__(self, url: str, time_limit: float = 90.0) -> None:
        if not url.startswith(("http://", "https://")):
            raise UserError(f"--backend={url}: expected an address that begins with http:// or https://")
        path = url.rstrip("/").partition("://")[2].partition("/")[2]
        self.url, self.time_limit = url if path else url.rstrip("/") + "/v1/read", time_limit

    def predict(self, picture: Image.Image, mode: str | None = None) -> Reading:
        """Return what is on a picture.

        Raises
        ------
        UserError
            If the service cannot be reached, or refuses.
        """
        file = io.BytesIO()
        in_colour(picture).save(file, "JPEG", quality=JPEG_QUALITY)
        body = {"image": base64.b64encode(file.getvalue()).decode()} | ({"mode": mode} if mode else {})
        headers = {"Content-Type": "application/json"}
        # The opener knows no other schemes than __init__ allows.
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


def _message(error: urllib.error.HTTPError) -> Any:
    """Return what a service says of an error."""
    try:
        return str(parse_json(error.read(MAX_BYTES), "the answer")["error"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"status {error.code}"
