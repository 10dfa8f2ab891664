"""Examples of requests that run as they stand: their tickers and horizons are those of the experiment."""

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from serving.service import Service

Json = Mapping[str, Any]
Bodies = Mapping[str, Json]

NAMED = {
    "name": "experiment",
    "in": "query",
    "required": False,
    "schema": {
        "type": "string",
        "description": "Of which experiment; /experiments lists them. If left out, of the first.",
    },
}


def build_examples(service: Service) -> dict[str, Json]:
    """The body of each route that takes one, by path."""
    tickers, horizons = service.tickers(), service.experiment.task.horizons
    return {
        "/predictions/single": {
            "ticker": tickers[0],
            "horizons": list(horizons[:2]),
            "strategy": "single",
        },
        "/predictions/batch": {"tickers": tickers[:2], "strategy": "cross_section"},
        "/predictions/explain": {"ticker": tickers[0], "horizon": horizons[0]},
        "/portfolio/backtest": {"strategy": "long_only", "settings": {"cost_bps": 10}},
        "/models/champion": {"reason": "what came after it did not hold"},
        "/runs": {"verb": "refresh"},
        "/tickers": {"ticker": tickers[0]},
    }


def lay_in(document: dict[str, Any], bodies: Bodies, experiment: str | None) -> dict[str, Any]:
    """The document with an example beside each body; among several experiments with the one that it is about."""
    for path, body in bodies.items():
        content = document["paths"][path]["post"]["requestBody"]["content"]
        content["application/json"]["example"] = body
    for route in (route for routes in document["paths"].values() for route in routes.values() if experiment):
        others = [one for one in route.get("parameters", ()) if one["name"] != NAMED["name"]]
        route["parameters"] = [*others, {**NAMED, "example": experiment}]
    return document


def fill_path(path: str, route: Json) -> str:
    """The address with the example of each of its parameters in place."""
    for one in route.get("parameters", ()):
        if one["in"] == "path":
            (shown,) = one["examples"].values()
            path = path.replace(f"{{{one['name']}}}", str(shown["value"]))
    named = [f"{one['name']}={one['example']}" for one in route.get("parameters", ()) if "example" in one]
    return f"{path}?{'&'.join(named)}" if named else path


def spell_command(address: str, method: str, path: str, route: Json) -> str:
    """The route's example as curl asks it."""
    return " \\\n  ".join(_parts(f"{address.rstrip('/')}{fill_path(path, route)}", method, route))


def _parts(address: str, method: str, route: Json) -> Iterator[str]:
    yield f"curl {'-X DELETE ' if method == 'delete' else ''}{shlex.quote(address)}"
    if route.get("security"):
        yield "-H 'X-API-Key: …'"
    content = route.get("requestBody", {}).get("content", {}).get("application/json", {})
    if "example" in content:
        yield "-H 'Content-Type: application/json'"
        yield f"-d '{json.dumps(content['example'])}'"
