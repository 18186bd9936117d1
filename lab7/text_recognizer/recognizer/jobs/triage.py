"""Writes a web page of all pages of a job, picture beside text, with those to check first: the least confident."""

import html
from collections.abc import Sequence
from pathlib import Path

from PIL import ImageDraw

from text_recognizer.recognizer.draw import colour_of, in_colour
from text_recognizer.recognizer.formats.page_result import PageResult, frame_of
from text_recognizer.recognizer.result import Reading
from text_recognizer.util import UserError, write_atomically

MAX_SIDE = 1000  # pixels of a picture in the page
JPEG_QUALITY = 70
STYLE = """
body { font: 16px/1.45 system-ui, sans-serif; margin: 1.5rem auto; max-width: 90rem; padding: 0 1rem; color: #222 }
article { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1.5rem; border-top: 1px solid #bbb; padding: 1rem 0 }
h2 { grid-column: 1 / 3; font-size: 1rem; margin: 0 0 .5rem } img { width: 100%; height: auto }
.warning { grid-column: 1 / 3; background: #fff2cc; padding: .3rem .6rem; margin: 0 0 .5rem } .share { color: #666 }
table { border-spacing: .6rem .1rem } td:first-child { text-align: right; font-variant-numeric: tabular-nums }
@media (max-width: 50rem) { article { display: block } }
"""


def write_triage(filename: Path, results: Sequence[PageResult]) -> None:
    """Write the web page, and its pictures into a folder beside it."""
    pictures = filename.with_name(f"{filename.stem}_pictures")
    pictures.mkdir(parents=True, exist_ok=True)
    parts = []
    for number, result in enumerate(sorted(results, key=_worst_first), 1):
        picture = pictures / f"{number:05}.jpg"
        has_picture = _draw(result, picture)
        parts.append(_article(result, f"{pictures.name}/{picture.name}" if has_picture else None))
    text = (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{_heading(results)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>\n'
        f"<body><h1>{_heading(results)}</h1>\n{''.join(parts)}</body></html>\n"
    )
    with write_atomically(filename) as file:
        file.write(text.encode())


def _heading(results: Sequence[PageResult]) -> str:
    failed = sum(isinstance(one.reading, UserError) for one in results)
    warned = sum(bool(one.warnings) for one in results) - failed
    return f"{len(results)} pages: {failed} could not be read, {warned} with warnings"


def _worst_first(result: PageResult) -> tuple[int, float]:
    """Return the sort key: failed pages first, then those with warnings, then the others; each by confidence."""
    if isinstance(result.reading, UserError):
        return 0, 0.0
    return 1 if result.warnings else 2, result.reading.confidence


def _article(result: PageResult, picture: str | None) -> str:
    share = f"{result.reading.confidence:.0%}" if isinstance(result.reading, Reading) else "failed"
    warnings = "".join(f'<p class="warning">{html.escape(one.text)}</p>' for one in result.warnings)
    shown = f'<img loading="lazy" alt="" src="{html.escape(picture)}">' if picture else "<p>no picture</p>"
    rows = "".join(
        f'<tr><td style="color: rgb{colour_of(line.confidence)}">{line.confidence:.0%}</td>'
        f"<td>{html.escape(line.text)}</td></tr>"
        for line in (result.reading.lines if isinstance(result.reading, Reading) else ())
    )
    title = f'{html.escape(result.name)} <span class="share">{share}</span>'
    return f"<article><h2>{title}</h2>{warnings}<div>{shown}</div><table>{rows}</table></article>\n"


def _draw(result: PageResult, filename: Path) -> bool:
    """Draw a page with a frame around each line; return whether there is a picture."""
    if result.open_picture is None or not isinstance(result.reading, Reading):
        return False
    try:
        picture = result.open_picture()
    except UserError:
        return False
    scale = min(1.0, MAX_SIDE / max(picture.size))
    small = in_colour(picture).resize([max(1, round(scale * length)) for length in picture.size])
    draw = ImageDraw.Draw(small)
    for line in reversed(result.reading.lines):
        frame = frame_of(line)
        if frame:
            draw.polygon([(scale * x, scale * y) for x, y in frame], outline=colour_of(line.confidence), width=2)
    with write_atomically(filename) as file:
        small.save(file, "JPEG", quality=JPEG_QUALITY)
    return True
