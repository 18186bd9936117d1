"""Downloads from the web with a time limit and a size limit, and without redirections into a private network.

A server may redirect to another address, for instance to a router or to a cloud's metadata at 169.254.169.254, which
only this machine can reach. Such a redirection is refused; an address that the user typed is always opened. Neither
urllib nor torch.hub.download_url_to_file has these three limits, so this module is our own.
"""

import importlib.util
import ipaddress
import queue
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPResponse
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from text_recognizer.util import UserError

SCHEMES = ("http", "https")
CHUNK_BYTES = 1 << 20
NUM_WAITING = 2  # chunks in memory that nobody has taken yet
STALL_SECONDS = 20  # in which something must come
GIVEN_UP_SECONDS = 0.5  # in which a thread that nobody waits for finds that out
# Some hosts refuse Python's own User-Agent.
HEADERS = {"User-Agent": "Mozilla/5.0 (text-recogniser labs)", "Accept-Encoding": "identity"}
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class WebFile:
    """A file on the web, read in chunks of bytes: `with WebFile(…) as file: for chunk in file`.

    A thread downloads it, and is abandoned when the time is up. Otherwise a server that sends a byte now and then would
    block the program for ever, during the look-up of its name, in the headers or in the body.

    Parameters
    ----------
    url
        Its address.
    seconds
        In which all of it must have come.
    max_bytes
        So long it may be; if it was packed for the transport, unpacked.

    Raises
    ------
    UserError
        If too much comes, or too slowly, or from an address that nobody typed; the text does not name the address.
    OSError, http.client.HTTPException
        If it cannot be had.
    """

    def __init__(self, url: str, seconds: float, max_bytes: int) -> None:
        self.url, self.seconds, self.max_bytes = url, seconds, max_bytes
        self.length: int | None = None  # as the server says
        self._end = time.monotonic() + seconds
        self._parts: queue.Queue[Any] = queue.Queue(NUM_WAITING)
        self._is_given_up = threading.Event()

    def __enter__(self) -> "WebFile":
        threading.Thread(target=self._fetch, daemon=True).start()
        self.length = self._next()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_given_up.set()

    def __iter__(self) -> Iterator[bytes]:
        num_bytes = 0
        while chunk := self._next():
            num_bytes += len(chunk)
            if num_bytes > self.max_bytes:
                raise UserError(f"more than {self.max_bytes:,} bytes")
            yield chunk

    def _next(self) -> Any:
        try:
            part = self._parts.get(timeout=max(0.0, self._end - time.monotonic()))
        except queue.Empty:
            raise self._too_late() from None
        if isinstance(part, Exception):
            # Where the processor is busy, the connection's own limit may come to light before this one's.
            raise part if time.monotonic() < self._end else self._too_late()
        return part

    def _too_late(self) -> UserError:
        self._is_given_up.set()
        return UserError(f"did not answer within {self.seconds:g} seconds")

    def _fetch(self) -> None:
        """Fetch the file, in a thread; end when nobody waits for it any more."""
        with suppress(_GivenUp):
            try:
                self._fetch_all()
            except Exception as error:  # the waiting thread raises it
                self._put(error)

    def _fetch_all(self) -> None:
        # The opener knows SCHEMES only.
        request = urllib.request.Request(self.url, headers=HEADERS)  # noqa: S310
        with opener_for(self.url).open(request, timeout=min(self.seconds, STALL_SECONDS)) as response:
            encoding = response.headers.get("Content-Encoding", "identity").lower()
            self._put(response.length if encoding == "identity" else None)
            for chunk in _unpacked(response, encoding):
                self._put(chunk)
        self._put(b"")

    def _put(self, part: Any) -> None:
        while not self._is_given_up.is_set():
            try:
                return self._parts.put(part, timeout=GIVEN_UP_SECONDS)
            except queue.Full:
                continue
        raise _GivenUp


class _GivenUp(BaseException):
    """Nobody waits for the file any more."""


def _unpacked(response: HTTPResponse, encoding: str) -> Iterator[bytes]:
    """Yield the body, unpacked in small chunks: a server may compress it although it was asked not to."""
    decoder = {"gzip": zlib.decompressobj(wbits=31), "deflate": zlib.decompressobj(wbits=47)}.get(encoding)
    if decoder is None and encoding != "identity":
        raise UserError(f"it is packed with {encoding!r}, although that was not asked for")
    while chunk := response.read1(CHUNK_BYTES):
        if decoder is None:
            yield chunk
            continue
        try:
            while chunk and (content := decoder.decompress(chunk, CHUNK_BYTES)):
                yield content
                chunk = decoder.unconsumed_tail
        except zlib.error as error:
            raise UserError(f"it is packed with {encoding!r}, and cannot be unpacked: {error}") from None


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirections, but not into a private network."""

    def __init__(self, typed: str) -> None:
        self.typed = typed

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        """Return the request for the next address."""
        refuse_detour(self.typed, newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def opener_for(url: str) -> urllib.request.OpenerDirector:
    """Return an opener for an address that the user typed; it refuses files and FTP."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=_context()),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(url),
    ):
        opener.add_handler(handler)
    return opener


def _context() -> ssl.SSLContext:
    """Return the trusted certificates: the system's, and those of the package certifi for systems without any."""
    context = ssl.create_default_context()
    if importlib.util.find_spec("certifi"):
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def refuse_detour(typed: str, target: str) -> None:
    """Refuse to follow a server's redirection into a private network, unless the user typed an address there.

    Raises
    ------
    UserError
        If the target lies inside, at another machine than the one that was typed.
    """
    if urlsplit(target).scheme not in SCHEMES:
        raise UserError(f"it redirects to {target[:200]!r}: expected an address that begins with http:// or https://")
    inside = {address for address in addresses_of(target) if not address.is_global or address.is_multicast}
    if inside - addresses_of(typed):
        raise UserError(
            f"it redirects to {target[:200]!r}, in a private network. If you mean that page, type its address"
        )


def addresses_of(url: str) -> set[Address]:
    """Return the IP addresses of the host in a web address; none if there is no such host."""
    try:
        found = socket.getaddrinfo(urlsplit(url).hostname, None, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        return set()
    addresses = (ipaddress.ip_address(str(place[0]).partition("%")[0]) for *_, place in found)
    return {getattr(address, "ipv4_mapped", None) or address for address in addresses}


def reason_of(error: Exception) -> str:
    """Return why an address could not be opened, on one line."""
    has_reason = isinstance(error, urllib.error.URLError) and not isinstance(error, urllib.error.HTTPError)
    text = str(error.reason if has_reason else error)  # type: ignore[attr-defined]
    return " ".join(text.split()) or type(error).__name__
