"""An evaluation as one HTML page that needs no other file: pictures are inside it. `page.html` is its template."""

import base64
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from text_recognizer.evaluation.edits import Part, align
from text_recognizer.evaluation.examples import Example
from text_recognizer.evaluation.report import (
    DEFINITIONS,
    SHOWN_AS,
    Report,
    percent,
    show_comparison,
    show_interval,
    show_rate,
)

NUM_CONFUSIONS = 40
NEW_LINE = "\u21b5\n"  # an arrow, so that a line break can be marked
MARKS = "del { background: #ffd7d7; color: #222 } ins { background: #cdeccd; color: #222; text-decoration: none }"
STYLE = (
    f"{MARKS}\n"
    + """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 1100px; margin: 2em auto; padding: 0 1em; color: #222 }
table { border-collapse: collapse; margin: .5em 0 }
td, th { padding: .15em .8em .15em 0; text-align: left; vertical-align: top }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
.bar { display: inline-block; height: .8em; background: #4a78b5 }
.warning { background: #fdecc8; padding: .6em 1em }
.rate { font-size: 1.3em }
figure { margin: 1.2em 0; border-top: 1px solid #ddd; padding-top: .6em }
img { max-width: 100% }
pre { margin: 0; white-space: pre-wrap; font: 14px/1.5 ui-monospace, monospace }
"""
)


ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    keep_trailing_newline=True,
)
ENVIRONMENT.filters |= {
    "rate": lambda rate: f"{percent(rate.value)}{show_interval(rate)}",
    "shown": lambda character: SHOWN_AS.get(character, character),
    "with_arrows": lambda text: text.replace("\n", NEW_LINE),
}
PAGE, PARTS = ENVIRONMENT.get_template("page.html"), ENVIRONMENT.get_template("page_parts.html")


def page(
    title: str,
    notices: Sequence[str],
    report: Report,
    sections: Mapping[str, Sequence[Example]],
    pictures: Mapping[int, Image.Image],
) -> str:
    """Return the HTML of a report.

    Parameters
    ----------
    title
        The headline.
    notices
        What nobody may overlook.
    report
        The rates.
    sections
        Examples to show, by headline.
    pictures
        The picture of each such example, by its index.
    """
    return PAGE.render(
        title=title,
        style=STYLE,
        notices=notices,
        report=report,
        cer=show_rate(report.total.cer, "characters"),
        wer=show_rate(report.total.wer, "words"),
        num_right=sum(example.char_edits == 0 for example in report.examples),
        comparison="\n".join(show_comparison(report.comparison)) if report.comparison else "",
        definitions=DEFINITIONS,
        num_confusions=NUM_CONFUSIONS,
        sections={
            headline: [(example, parts_of(example), png_data_uri(pictures[example.index])) for example in examples]
            for headline, examples in sections.items()
        },
    )


def png_data_uri(picture: Image.Image) -> str:
    """Return a picture as the text that an <img> takes in place of an address."""
    file = io.BytesIO()
    picture.save(file, format="png", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def figure(example: Example, picture: Image.Image) -> str:
    """Return a picture with what is written and what was read, differences marked; `MARKS` says how they look."""
    return str(PARTS.module.figure(example, parts_of(example), png_data_uri(picture)))  # type: ignore[attr-defined]


def parts_of(example: Example) -> list[Part]:
    """Return an example's reference and hypothesis side by side, in parts that are equal or differ."""
    return align(example.reference, example.hypothesis)
