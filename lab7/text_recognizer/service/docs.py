"""A page that documents the service. FastAPI's own page would fetch its scripts from another server."""

import html
import json
from typing import Any

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem }}
pre {{ background: #f4f4f4; padding: .7rem; overflow-x: auto }} td {{ padding: .1rem .8rem .1rem 0 }}</style></head>
<body><h1>{title}</h1>
<p>A program sends a picture, and gets back the text on it. Addresses are never fetched, nothing is stored, and the log
holds no text. The complete description is in <a href="/openapi.json">/openapi.json</a>, the JSON
schema of a reading in <a href="/v1/schema">/v1/schema</a>.</p>
<pre>curl -F image=@page.jpg {url}v1/read
curl -F image=@page.jpg -F format=alto {url}v1/read
curl -H "Content-Type: application/json" -d '{{"image": "the picture in base64", "mode": "fast"}}' {url}v1/read</pre>
{operations}</body></html>
"""


def describe(described: dict[str, Any], url: str) -> str:
    """Return the page for the OpenAPI description of the service at `url`."""
    parts = [
        _operation(method, path, operation)
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    ]
    return PAGE.format(title=html.escape(described["info"]["title"]), url=html.escape(url), operations="".join(parts))


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    kinds = operation.get("requestBody", {}).get("content", {})
    fields = next(iter(kinds.values()))["schema"]["properties"] if kinds else {}
    asked = _table((name, json.dumps(about)) for name, about in fields.items())
    answers = _table((status, about["description"]) for status, about in operation["responses"].items())
    how = f"<p>As {' or '.join(map(html.escape, kinds))}:</p>{asked}" if kinds else ""
    title = f"<h2><code>{method.upper()} {html.escape(path)}</code></h2>"
    return f"{title}<p>{html.escape(operation.get('description', ''))}</p>{how}<p>Answers:</p>{answers}"


def _table(rows: Any) -> str:
    cells = "".join(f"<tr><td><code>{html.escape(a)}</code></td><td>{html.escape(b)}</td></tr>" for a, b in rows)
    return f"<table>{cells}</table>"
