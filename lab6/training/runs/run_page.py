"""The local runs as one HTML page that needs no other file and no network: a table to sort, and their curves."""

from collections.abc import Sequence
from html import escape

from text_recognizer.data.storage.stand_in import NOTICE, STAND_IN
from training.runs.index import Entry
from training.runs.local import Mode

WIDTH, HEIGHT, LEFT, BOTTOM = 520, 260, 60, 30  # pixels of a chart, and of the room for the numbers at its axes
COLOURS = ("#2f6db3", "#d1622b", "#3a8f4d", "#a23b72", "#7a6a2f", "#4aa3a2", "#6c4fb0", "#8a8a8a")
NUM_CURVES = 8  # of the best runs; more could not be distinguished
NUM_TICKS = 4
STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 1300px; margin: 2em auto; padding: 0 1em; color: #222 }
table { border-collapse: collapse; font-size: 14px } td, th { padding: .2em .8em .2em 0; text-align: left }
th { cursor: pointer; border-bottom: 1px solid #888 }
td.name { white-space: nowrap } td.number { text-align: right; font-variant-numeric: tabular-nums }
tr:hover td { background: #f1f5fa } .warning { background: #fdecc8; padding: .6em 1em }
.charts { display: flex; flex-wrap: wrap; gap: 1.5em } figcaption { font-weight: 600 } figure { margin: 0 }
.mark { display: inline-block; width: .9em; height: .9em; margin-right: .4em; border-radius: 2px }
@media (prefers-color-scheme: dark) {
  body { background: #181a1d; color: #ddd } tr:hover td { background: #25303c } .warning { background: #54431c }
  svg text { fill: #bbb }
}
"""
SORT = """
document.querySelectorAll('th').forEach((head, i) => head.addEventListener('click', () => {
  const body = head.closest('table').tBodies[0], rows = [...body.rows], up = head.dataset.up !== 'yes';
  const value = row => { const text = row.cells[i].textContent, n = parseFloat(text); return isNaN(n) ? text : n; };
  rows.sort((a, b) => (value(a) > value(b) ? 1 : value(a) < value(b) ? -1 : 0) * (up ? 1 : -1));
  head.dataset.up = up ? 'yes' : 'no'; rows.forEach(row => body.append(row));
}));
"""
NUMBERS = ("epochs", "minutes", "examples/s", "parameters")


def run_page(entries: Sequence[Entry], metric: str, mode: Mode, changed: Sequence[str]) -> str:
    """Return the HTML of some runs.

    Parameters
    ----------
    entries
        The runs, the best last.
    metric, mode
        What ordered them.
    changed
        The flags in which they differ, each of which gets a column.
    """
    best_first = list(reversed(entries))
    colours = dict(zip((entry.name for entry in best_first), COLOURS, strict=False))
    notice = (
        f'<p class="warning">{escape(NOTICE, quote=False)}</p>'
        if any(STAND_IN in entry.name for entry in entries)
        else ""
    )
    names = sorted(
        {name for entry in best_first[:NUM_CURVES] for name in entry.run.values if len(entry.curve(name)) > 1}
    )
    names = sorted(names, key=lambda name: name != metric)
    charts = "".join(chart(name, best_first[:NUM_CURVES], colours) for name in names)
    head = f'<meta charset="utf-8"><title>Runs</title><style>{STYLE}</style>'
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>\n<h1>{len(entries)} runs</h1>{notice}'
        f"<p>The {'lowest' if mode == 'min' else 'highest'} {escape(metric)} comes first. A click on a headline sorts; "
        f"the curves are those of the first {min(NUM_CURVES, len(entries))} runs.</p>"
        f'{table(best_first, metric, mode, changed, colours)}\n<div class="charts">{charts}</div>\n'
        f"<script>{SORT}</script></body></html>\n"
    )


def table(entries: Sequence[Entry], metric: str, mode: Mode, changed: Sequence[str], colours: dict[str, str]) -> str:
    """Return the table of all runs."""
    columns = ["run", metric, "status", *NUMBERS, *changed, "seed", "tags", "commit", "data", "started", "checkpoint"]
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    rows = "".join(f"<tr>{row(entry, metric, mode, changed, colours)}</tr>\n" for entry in entries)
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table>"


def row(entry: Entry, metric: str, mode: Mode, changed: Sequence[str], colours: dict[str, str]) -> str:
    """Return the cells of a run."""
    mark = f'<span class="mark" style="background: {colours.get(entry.name, "transparent")}"></span>'
    minutes = None if entry.seconds is None else entry.seconds / 60
    numbers = (entry.run.num_epochs, minutes, entry.speed, entry.record.get("parameters", {}).get("all"))
    checkpoint = entry.best_checkpoint
    cells = [
        f'<td class="name">{mark}{escape(entry.name)}</td>',
        number(entry.best(metric, mode)),
        text(entry.status),
        *map(number, numbers),
        *(text(entry.run.flags.get(name, "")) for name in changed),
        text(entry.run.flags.get("seed", "")),
        text(", ".join(entry.tags)),
        text(entry.commit),
        f'<td title="{escape(str(entry.record.get("data", {}).get("source", "")))}">{escape(entry.data_hash[:8])}</td>',
        text(entry.record.get("started", "")),
        text(checkpoint.name if checkpoint else "none"),
    ]
    return "".join(cells)


def text(value: object) -> str:
    """Return a cell with a text; numbers are shown in their shortest form."""
    return f"<td>{escape(f'{value:g}' if isinstance(value, float) else str(value))}</td>"


def number(value: float | None) -> str:
    """Return a cell with a number, or an empty one."""
    shown = "" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
    return f'<td class="number">{shown}</td>'


def chart(metric: str, entries: Sequence[Entry], colours: dict[str, str]) -> str:
    """Return the curves of a metric over training steps, as SVG."""
    curves = {entry.name: curve for entry in entries if len(curve := entry.curve(metric)) > 1}
    points = [point for curve in curves.values() for point in curve]
    (left, right), (low, high) = (span([point[axis] for point in points]) for axis in (0, 1))

    def place(step: float, value: float) -> tuple[float, float]:
        across, up = (step - left) / (right - left), (value - low) / (high - low)
        return LEFT + across * (WIDTH - LEFT - 10), (HEIGHT - BOTTOM) - up * (HEIGHT - BOTTOM - 10)

    parts = []
    for i in range(NUM_TICKS + 1):
        share = i / NUM_TICKS
        value, step = low + share * (high - low), left + share * (right - left)
        (x, _), (_, y) = place(step, low), place(left, value)
        parts += [
            f'<line x1="{LEFT}" x2="{WIDTH - 10}" y1="{y:.1f}" y2="{y:.1f}" stroke="#8884"/>',
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" font-size="11">{value:.3g}</text>',
            f'<text x="{x:.1f}" y="{HEIGHT - 10}" text-anchor="middle" font-size="11">{step:.0f}</text>',
        ]
    for name, curve in curves.items():
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in curve))
        parts.append(
            f'<polyline points="{line}" fill="none" stroke="{colours[name]}" stroke-width="1.8">'
            f"<title>{escape(name)}</title></polyline>"
        )
    drawing = f'<svg width="{WIDTH}" height="{HEIGHT}" role="img">{"".join(parts)}</svg>'
    return f"<figure><figcaption>{escape(metric)} over steps</figcaption>{drawing}</figure>"


def span(values: Sequence[float]) -> tuple[float, float]:
    """Return the least and the greatest of some values; where they are one, a span around it."""
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)
