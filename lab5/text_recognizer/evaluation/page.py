"""An evaluation as one HTML page that needs no other file: pictures are inside it."""

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from PIL import Image

from text_recognizer.evaluation.bootstrap import Rate
from text_recognizer.evaluation.edits import align
from text_recognizer.evaluation.examples import Example, Group
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
    parts = [
        f"<h1>{escape(title)}</h1>",
        *(f'<p class="warning">{escape(notice)}</p>' for notice in notices),
        *_rates(report),
        _about(report.about),
        "<h2>By number of characters</h2>",
        _groups(report.by_length, "characters"),
        *(["<h2>By writer</h2>", _groups(report.by_writer, "writer")] if report.by_writer else []),
        "<h2>Characters taken for others</h2>",
        _confusions(report.confusions),
    ]
    for headline, examples in sections.items():
        parts += [f"<h2>{escape(headline)}</h2>", *(figure(example, pictures[example.index]) for example in examples)]
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>\n' + "\n".join(parts) + "\n</body></html>\n"


def png_data_uri(picture: Image.Image) -> str:
    """Return a picture as the text that an <img> takes in place of an address."""
    file = io.BytesIO()
    picture.save(file, format="png", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _rates(report: Report) -> Iterable[str]:
    total = report.total
    num_right = sum(example.char_edits == 0 for example in report.examples)
    yield f'<p class="rate"><b>CER {escape(show_rate(total.cer, "characters"))}</b></p>'
    yield f'<p class="rate">WER {escape(show_rate(total.wer, "words"))}</p>'
    yield f"<p>{num_right:,} of {total.num:,} examples were read without an error.</p>"
    if report.comparison:
        yield f"<pre>{escape(chr(10).join(show_comparison(report.comparison)))}</pre>"
    for name, definition in DEFINITIONS.items():
        yield f"<p>{name}: {escape(definition)}.</p>"


def _about(about: Mapping[str, str]) -> str:
    rows = (f"<tr><th>{escape(key)}</th><td>{escape(value)}</td></tr>" for key, value in about.items())
    return f"<table>{''.join(rows)}</table>"


def _groups(groups: Sequence[Group], what: str) -> str:
    highest = max((group.cer.value for group in groups), default=0) or 1
    rows = (
        f"<tr><td>{escape(group.name)}</td>{_number(f'{group.num:,}')}{_number(_cell(group.cer))}"
        f"{_number(_cell(group.wer))}<td>{_bar(group.cer.value / highest)}</td></tr>"
        for group in groups
    )
    head = "".join(f'<th class="number">{name}</th>' for name in ("examples", "CER", "WER"))
    return f"<table><tr><th>{what}</th>{head}<th></th></tr>{''.join(rows)}</table>"


def _number(text: str) -> str:
    return f'<td class="number">{escape(text)}</td>'


def _cell(rate: Rate) -> str:
    return f"{percent(rate.value)}{show_interval(rate)}"


def _bar(share: float) -> str:
    return f'<span class="bar" style="width: {200 * share:.0f}px"></span>'


def _confusions(confusions: Sequence[tuple[str, str, int]]) -> str:
    highest = max((count for *_, count in confusions), default=1)
    rows = (
        f"<tr><td>{escape(SHOWN_AS.get(written, written))}</td><td>{escape(SHOWN_AS.get(read, read))}</td>"
        f"{_number(f'{count:,}')}<td>{_bar(count / highest)}</td></tr>"
        for written, read, count in confusions[:NUM_CONFUSIONS]
    )
    left_out = f"<p>And {len(confusions) - NUM_CONFUSIONS:,} more, in the JSON file.</p>"
    more = left_out if len(confusions) > NUM_CONFUSIONS else ""
    return f'<table><tr><th>written</th><th>read</th><th class="number">times</th></tr>{"".join(rows)}</table>{more}'


def figure(example: Example, picture: Image.Image) -> str:
    """Return a picture with what is written and what was read, differences marked; `MARKS` says how they look."""
    parts = align(example.written, example.read)
    written = "".join(_marked("del", part.written, part.kind) for part in parts)
    read = "".join(_marked("ins", part.read, part.kind) for part in parts)
    texts = "".join(
        f"<tr><th>{name}</th><td><pre>{text}</pre></td></tr>" for name, text in (("written", written), ("read", read))
    )
    return f'<figure><img alt="{escape(example.name)}" src="{png_data_uri(picture)}"><table>{texts}</table></figure>'


def _marked(tag: str, text: str, kind: str) -> str:
    if kind == "equal" or not text:
        return escape(text)
    return f"<{tag}>{escape(text).replace(chr(10), NEW_LINE)}</{tag}>"
