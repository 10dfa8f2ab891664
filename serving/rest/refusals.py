"""Says in one plain line what is wrong with a request: which field, what was expected there, and what was given."""

import json
from collections.abc import Mapping
from typing import Any

from ml_core.spec.choices import nearest
from ml_core.spec.wording import expect
from serving.fields import FORMS
from serving.rest.bodies import (
    AskedBoard,
    BacktestRequest,
    BatchRequest,
    ExplainRequest,
    SeatRequest,
    SingleRequest,
    TickerRequest,
    VersionAsked,
)
from serving.runs.request import RunRequest

BODIES = {
    "/predictions/single": SingleRequest,
    "/predictions/batch": BatchRequest,
    "/predictions/explain": ExplainRequest,
    "/portfolio/backtest": BacktestRequest,
    "/models/champion": SeatRequest,
    "/runs": RunRequest,
    "/tickers": TickerRequest,
}
OF_A_VERSION = (
    "/predictions/single",
    "/predictions/batch",
    "/predictions/explain",
    "/portfolio/backtest",
    "/info",
)
QUERIES = {**dict.fromkeys(OF_A_VERSION, VersionAsked), "/predictions/board": AskedBoard}
OBJECT = "the body: expected a JSON object sent as application/json"
SHOWN = 60  # characters of what was given: it may be as long as a body


def tell_refused(path: str, problem: Mapping[str, Any]) -> str:
    """The line for the first problem that the check of a request found."""
    kind, (part, *inner) = problem["type"], problem["loc"]
    if kind == "json_invalid":
        return f"the body: expected JSON; {_reason(problem)}, at character {inner[0] + 1}"
    if kind == "extra_forbidden":
        return _unknown(path, part, str(inner[-1]))
    if not inner:
        return expect(problem) if kind == "value_error" else OBJECT
    field = ".".join(map(str, inner))
    given = "" if kind == "missing" else f", got {_shown(problem.get('input'))}"
    return f"{field}: {expect(problem, FORMS)}{given}"


def _unknown(path: str, part: str, name: str) -> str:
    if part == "query" and path not in QUERIES:
        return f"unknown query '{name}'; {path} takes none"
    if part == "query":
        return f"unknown query '{name}'{nearest(name, list(QUERIES[path].model_fields))}"
    if path in QUERIES and name in QUERIES[path].model_fields:
        return f"unknown field '{name}': it stands in the address, as {path}?{name}=…"
    return f"unknown field '{name}'{nearest(name, list(BODIES[path].model_fields))}"


def _reason(problem: Mapping[str, Any]) -> str:
    """The parser's own, which is plain enough: `expecting value`."""
    told = str(problem["ctx"]["error"])
    return told[:1].lower() + told[1:]


def _shown(given: object) -> str:
    """As a request would write it, as far as a line goes."""
    text = json.dumps(given, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
