"""Turns the OpenAPI document into a page to read. It is made here because the usual ones load themselves from
elsewhere."""

from collections.abc import Iterator
from html import escape

from serving.rest.examples import Json, spell_command
from serving.rest.plain_page import write_document

JSON = "application/json"


def build_reference(document: Json, *, address: str, query: str = "") -> str:
    """One section per route: what it takes, an example by path that can be pasted, what it gives. `query`: of which
    experiment the links are."""
    info, schemas = document["info"], document["components"]["schemas"]
    sections = "".join(
        _route(method, path, route, schemas, spell_command(address, method, path, route))
        for path, routes in document["paths"].items()
        for method, route in routes.items()
    )
    lead = (
        f"<p>{escape(info['description'])}</p><p>The same as a document for tools: "
        f'<a href="openapi.json{query}">openapi.json</a>. The app: <a href="ui{query}">ui</a>.</p>'
    )
    title = f"{info['title']} API"
    return write_document(title, f"<h1>{escape(title)}</h1>{lead}{sections}")


def _route(method: str, path: str, route: Json, schemas: Json, command: str) -> str:
    parts = [f'<h2><b class="{method}">{method.upper()}</b> <code>{escape(path)}</code></h2>']
    parts.append(f"<p>{escape(route.get('description', ''))}</p>")
    body = route.get("requestBody", {}).get("content", {}).get(JSON, {}).get("schema")
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
    good = "200" if "200" in answers else "202"
    given = answers[good]["content"]
    fields = _fields(_resolve(given[JSON]["schema"], schemas), schemas) if JSON in given else "<p>Text.</p>"
    parts += ["<h3>Gives</h3>", fields]
    failures = [f"{status} {answer['description']}" for status, answer in answers.items() if status >= "300"]
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
