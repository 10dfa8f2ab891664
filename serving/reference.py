"""Turns the OpenAPI document into a page to read. It is made here because the usual ones load themselves from
elsewhere."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from serving.style import BLUE, FONTS, GREEN, INK, LINE, MONOSPACE, MUTED, PAGE, SURFACE

Json = Mapping[str, Any]

SHEET = f"""
body {{ font: 16px/1.55 {", ".join(FONTS)}; color: {INK}; background: {PAGE}; margin: 0; }}
main {{ max-width: 860px; margin: 0 auto; padding: 2rem 1rem 4rem; }}
h1 {{ font-size: 1.5rem; }} h2 {{ font-size: 1.05rem; margin: 0 0 .3rem; }}
h3 {{ font-size: .85rem; color: {MUTED}; margin: 1rem 0 .3rem; }}
section {{ background: {SURFACE}; border: 1px solid {LINE}; border-radius: 10px; padding: 1rem 1.2rem; }}
section {{ margin: 1rem 0; }}
code, pre {{ font: .85rem/1.5 {", ".join(MONOSPACE)}; }}
pre {{ background: {PAGE}; border: 1px solid {LINE}; border-radius: 8px; padding: .7rem; overflow-x: auto; }}
b.post {{ color: {BLUE}; }} b.get {{ color: {GREEN}; }} a {{ color: {BLUE}; }}
table {{ border-collapse: collapse; width: 100%; font-size: .9rem; }}
td {{ border-top: 1px solid {LINE}; padding: .35rem .6rem .35rem 0; vertical-align: top; }}
td:nth-child(2) {{ color: {MUTED}; }} .scroll {{ overflow-x: auto; }}
"""


def build_reference(document: Json, examples: Mapping[str, Json], *, address: str) -> str:
    """One section per route: what it takes, an example by path that can be pasted, what it gives."""
    info, schemas = document["info"], document["components"]["schemas"]
    sections = "".join(
        _route(method, path, route, schemas, _command(address, path, route, examples.get(path)))
        for path, routes in document["paths"].items()
        for method, route in routes.items()
    )
    lead = (
        f"<p>{escape(info['description'])}</p><p>The same as a document for tools: "
        '<a href="openapi.json">openapi.json</a>. The app: <a href="ui">ui</a>.</p>'
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])} API</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{SHEET}</style></head>'
        f"<body><main><h1>{escape(info['title'])} API</h1>{lead}{sections}</main></body></html>"
    )


def _route(method: str, path: str, route: Json, schemas: Json, command: str) -> str:
    parts = [f'<h2><b class="{method}">{method.upper()}</b> <code>{escape(path)}</code></h2>']
    parts.append(f"<p>{escape(route.get('description', ''))}</p>")
    body = route.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    taken = _resolve(body, schemas) if body else None
    if taken:
        parts += ["<h3>Takes</h3>", _fields(taken, schemas)]
    if route.get("parameters"):
        rows = [
            (one["name"], one["schema"], one["schema"].get("description", "")) for one in route["parameters"]
        ]
        parts += ["<h3>Takes</h3>", _rows(rows, schemas)]
    parts += ["<h3>Example</h3>", f"<pre>{escape(command)}</pre>"]
    answers = route["responses"]
    given = answers["200"]["content"]["application/json"]["schema"]
    parts += ["<h3>Gives</h3>", _fields(_resolve(given, schemas), schemas)]
    failures = [f"{status} {answer['description']}" for status, answer in answers.items() if status != "200"]
    if failures:
        parts += ["<h3>Refuses</h3>", f"<p>{escape(' · '.join(failures))} Always as {{error: one line}}.</p>"]
    return f"<section>{''.join(parts)}</section>"


def _fields(schema: Json, schemas: Json) -> str:
    rows = [(name, part, part.get("description", "")) for name, part in schema.get("properties", {}).items()]
    return _rows(rows, schemas)


def _rows(rows: list[tuple[str, Json, str]], schemas: Json) -> str:
    body = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(_kind(part, schemas))}</td><td>{escape(about)}</td></tr>"
        for name, part, about in rows
    )
    return f'<div class="scroll"><table>{body}</table></div>'


def _kind(part: Json, schemas: Json) -> str:
    return " or ".join(dict.fromkeys(_kinds(part, schemas)))


def _kinds(part: Json, schemas: Json) -> Iterator[str]:
    if "anyOf" in part:
        for one in part["anyOf"]:
            yield from _kinds(one, schemas)
    elif "$ref" in part:
        yield part["$ref"].rsplit("/", 1)[-1]
    elif "enum" in part:
        yield " | ".join(map(str, part["enum"]))
    elif part.get("type") == "array":
        yield f"list of {_kind(part.get('items', {}), schemas)}"
    else:
        yield str(part.get("format") or part.get("type", "any"))


def _resolve(schema: Json, schemas: Json) -> Json:
    return schemas[schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else schema


def _command(address: str, path: str, route: Json, body: Json | None) -> str:
    lines = [f"curl {address.rstrip('/')}{path}"]
    if route.get("security"):
        lines.append("-H 'X-API-Key: …'")
    if body is not None:
        lines += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(body)}'"]
    return " \\\n  ".join(lines)
