"""`read-paragraph serve`: a page in the browser and a service in one process, by default for this machine only."""

import argparse
import importlib.util
import logging
from dataclasses import fields
from pathlib import Path
from typing import Any

from text_recognizer.recognizer.jobs.job import tell
from text_recognizer.recognizer.licence import SHIPPED
from text_recognizer.recognizer.recognizer import ParagraphTextRecognizer
from text_recognizer.service.limits import Limits
from text_recognizer.util import UserError

NEEDED = {"fastapi": "fastapi", "uvicorn": "uvicorn", "python_multipart": "python-multipart"}
LIMITS_HELP = {
    "max_bytes": "bytes of a picture sent to the service",
    "max_pixels": "pixels of a picture sent to the service",
    "max_seconds": "seconds for a request to the service",
    "max_running": "readings of the service at the same time",
    "max_waiting": "waiting requests; further ones are refused",
}


def main(argv: list[str] | None = None) -> int:
    """Serve until the user stops it."""
    args = build_parser().parse_args(argv)
    logging.basicConfig(format="%(asctime)s %(message)s")
    logging.getLogger("text_recognizer.service").setLevel(logging.INFO)
    try:
        check_packages(args.api_only)
        application = build_application(args)
    except UserError as error:
        tell(f"error: {error}")
        return 2
    from text_recognizer.service.serve import make_server

    address = f"http://{args.host}:{args.port} (Ctrl-C stops it); the service is described at /docs"
    server = make_server(application, args.host, args.port, lambda: tell(address))
    server.run()
    return 0 if server.started else 1


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        prog="read-paragraph serve",
        description="Serve a page in the browser that reads handwriting, and a service for programs at POST /v1/read.",
        allow_abbrev=False,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to serve; 0.0.0.0 lets other machines in")
    parser.add_argument("--port", type=int, default=7860, help="the port")
    parser.add_argument("--artifact_dirname", help="directory of a model, or the name of one in the package")
    parser.add_argument("--licence", choices=SHIPPED, help="the use that the weights must allow")
    parser.add_argument("--corrections", default="corrections", help="the folder in which corrections are stored")
    parser.add_argument("--backend", metavar="URL", help="let the page read with the service at this address")
    parser.add_argument("--api_only", action="store_true", help="serve programs only, without Gradio")
    for field in fields(Limits):
        parser.add_argument(
            f"--{field.name}", type=type(field.default), default=field.default, help=LIMITS_HELP[field.name]
        )
    return parser


def check_packages(api_only: bool) -> None:
    """Refuse to go on if packages are missing."""
    needed = NEEDED if api_only else {**NEEDED, "gradio": "gradio"}
    missing = [package for module, package in needed.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise UserError(f"{', '.join(missing)}: not installed. Type: python -m pip install {' '.join(missing)}")


def build_application(args: argparse.Namespace) -> Any:
    """Return the application: the service, and the page at its root."""
    from text_recognizer.service.api import create_api

    limits = Limits(**{field.name: getattr(args, field.name) for field in fields(Limits)})
    api = create_api(ParagraphTextRecognizer(args.artifact_dirname, licence=args.licence), limits)
    if args.api_only:
        return api
    import gradio

    from text_recognizer.app.offline import OnlyFromHere
    from text_recognizer.app.page import STYLE, Page
    from text_recognizer.app.reading_room import ReadingRoom, ReadsElsewhere, ReadsHere
    from text_recognizer.app.view import models

    reads = ReadsElsewhere(args.backend) if args.backend else ReadsHere()
    room = ReadingRoom(reads, Path(args.corrections))
    first = [args.artifact_dirname] if args.artifact_dirname else []
    shipped = [SHIPPED[args.licence]] if args.licence else models()
    names = [args.backend] if args.backend else [*dict.fromkeys([*first, *shipped])]
    page = Page(room, names).build()
    api.add_middleware(OnlyFromHere)
    return gradio.mount_gradio_app(api, page, path="/", css=STYLE, max_file_size=limits.max_bytes)
