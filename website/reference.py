"""Pages that are generated from code: commands as the command line declares them, keys as the schema of an experiment's
file has them, routes as the OpenAPI document does."""

import datetime as dt
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from fastapi import FastAPI

from cli.line import app
from ml_core.data.order import place_order
from ml_core.home.settings import Settings, open_home
from ml_core.spec.file import read_experiment
from serving.door.access import Access
from serving.experiments import Experiments
from serving.rest.api import build_router
from serving.rest.examples import Json
from serving.rest.metrics import Requests
from serving.service import Service
from tuning.schema import build_schema
from website.python_reference import write_python

METHODS = ("get", "post", "delete", "put", "patch")


def reference_pages() -> dict[str, str]:
    return {
        "reference/commands.md": "\n".join(write_commands()),
        "reference/experiment.md": "\n".join(write_keys()),
        "reference/routes.md": "\n".join(write_routes()),
        "reference/python.md": "\n".join(write_python()),
    }


def write_commands() -> Iterator[str]:
    group: Any = typer.main.get_command(app)
    yield "# Commands\n\nAs `candorcast COMMAND --help` tells them.\n"
    for name, command in sorted(group.commands.items()):
        shown = [one for one in command.params if not getattr(one, "hidden", False)]
        arguments = [one.metavar or one.name.upper() for one in shown if one.param_type_name == "argument"]
        yield f"## {name}\n\n{_cell(command.help)}\n\n```\ncandorcast {' '.join([name, *arguments])}\n```\n"
        yield "| option | what it does | if left out |\n|---|---|---|"
        yield from (f"| {_spelled(one)} | {_cell(one.help)} | {_default(one.default)} |" for one in shown)
        yield ""


def _spelled(one: Any) -> str:
    if one.param_type_name == "argument":
        return f"`{one.metavar or one.name.upper()}`"
    value = "" if one.is_flag or not one.metavar else f" {one.metavar}"
    return ", ".join(f"`{name}{value}`" for name in (*one.opts, *one.secondary_opts))


def _default(value: Any) -> str:
    return "" if value is None or value is False or callable(value) else f"`{value}`"


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def write_keys() -> Iterator[str]:
    yield "# Keys of an experiment's file\n\nWhat `candorcast schema` gives to editors, to read. Every key has"
    yield "a default, but for those of which none is shown.\n"
    for name, section in build_schema()["properties"].items():
        yield f"## {name}\n\n{_cell(section.get('description'))}\n"
        yield from _table(_keys(name, section))
        for choice in section.get("oneOf", ()):  # a model has the options of its family
            yield f"### {choice['properties']['family']['const']}\n"
            yield from _table(_keys(name, choice))


def _table(rows: Iterator[str]) -> Iterator[str]:
    if lines := list(rows):
        yield "\n".join(["| key | what it is | default | example |", "|---|---|---|---|", *lines, ""])


def _keys(path: str, section: Json) -> Iterator[str]:
    for name, key in section.get("properties", {}).items():
        inner, said = f"{path}.{name}", _cell(key.get("description"))
        example = next(iter(key.get("examples", ())), None)
        if said:
            yield f"| `{inner}` | {said} | {_written(key.get('default'))} | {_written(example)} |"
        yield from _keys(inner, key)
        yield from _keys(inner, key.get("items", {}))


def _written(value: Any) -> str:
    return "" if value is None else f"`{json.dumps(value, ensure_ascii=False)}`"


def write_routes() -> Iterator[str]:
    document = open_document()
    yield "# Routes of the REST API\n\nHow they are asked, keys and limits: [the guide](../api.md).\n"
    for path, routes in document["paths"].items():
        for method in (one for one in METHODS if one in routes):
            yield f"## {method.upper()} {path}\n\n{routes[method].get('description', '')}\n"
            yield from _taken(routes[method], document["components"]["schemas"])


def _taken(route: Json, schemas: Json) -> Iterator[str]:
    content = route.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    body = schemas.get(content.get("$ref", "").rpartition("/")[2], content)
    fields = [(name, told.get("description")) for name, told in body.get("properties", {}).items()]
    fields += [(one["name"], one.get("description")) for one in route.get("parameters", ())]
    if fields:
        rows = [f"| `{name}` | {_cell(said)} |" for name, said in fields]
        yield "\n".join(["| takes | what it is |", "|---|---|", *rows, ""])


def open_document() -> dict[str, Any]:
    """The OpenAPI document of a server that answers for the demo, in a home that is empty."""
    with tempfile.TemporaryDirectory() as folder:
        order = place_order(read_experiment("demo", ()), open_home(Path(folder)))
        service = Service(order, clock=lambda: dt.datetime.now(dt.UTC))
        served = Experiments({"demo": service})
        asked = FastAPI()
        asked.include_router(build_router(service, Access(Settings()), Requests(), served))
        return asked.openapi()
