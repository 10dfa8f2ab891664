"""Leads a request to the experiment that its address names: `?experiment=NAME`, or a path under /experiments/NAME/."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from html import escape
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.addresses import FIELD, PAGE, REFERENCE, UNDER, page_of
from serving.door.access import Access
from serving.experiments import Experiments
from serving.messages import Health
from serving.rest.plain_page import write_document

PAGES = frozenset({"/", PAGE, f"{PAGE}/"})


class Addressed:
    """Takes the name out of the address, so that everything behind it reads the address as of one experiment."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["experiment"] = _take_name(scope)
        await self.app(scope, receive, send)


class Switch:
    """`apps`: of each experiment that was opened."""

    def __init__(self, apps: Mapping[str, ASGIApp], experiments: Experiments, access: Access) -> None:
        self._apps, self._experiments, self._access = apps, experiments, access
        self._first = apps.get(experiments.first)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        named = scope.get("experiment")
        app = self._apps.get(named) if named else self._first
        if not named and self._experiments.several and scope.get("path") in PAGES:
            app = RedirectResponse(page_of(self._shown_first, scope["query_string"].decode("latin-1")))
        await (app or self._refuse(scope, named))(scope, receive, send)

    @property
    def _shown_first(self) -> str:
        """A person is shown one that can be opened; a question that names none is asked of the first, or refused."""
        return self._experiments.first if self._first else next(iter(self._apps))

    def _refuse(self, scope: Scope, named: str | None) -> Response:
        """Of one that cannot be opened, or is none. Without the key neither reasons nor names are told."""
        name, for_people = named or self._experiments.first, _is_for_people(scope)
        why = self._experiments.closed.get(name)
        allowed = self._access.opens(self._access.shown(dict(scope["headers"])))
        if why is not None and scope["path"] == "/health":  # the process lives
            told = _tell_closed(name, why if allowed else "it cannot be opened")
            return JSONResponse(told.model_dump(mode="json"))
        served = list(self._apps) if allowed else []
        told = f"no experiment '{name}' is served here"
        if why is not None:
            told = f"experiment '{name}' cannot be opened{f': {why}' if allowed else ''}"
        status = 404 if why is None else 503
        if for_people:
            return HTMLResponse(_write_refusal(told, served), status)
        others = f"; expected any of {', '.join(served)}" if served else ""
        return JSONResponse({"error": f"{told}{others}"}, status)


class Living:
    """The server as a whole: `parts` begin and end with it."""

    def __init__(self, app: ASGIApp, parts: Mapping[str, FastAPI]) -> None:
        self.app, self._parts = app, parts
        self._router = Router(lifespan=self._live)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self._router if scope["type"] == "lifespan" else self.app)(scope, receive, send)

    @property
    def routes(self) -> list[BaseRoute]:
        """All that is answered, whichever experiment it is of."""
        return [route for part in self._parts.values() for route in part.routes]

    @asynccontextmanager
    async def _live(self, _router: Any) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for part in self._parts.values():
                await stack.enter_async_context(part.router.lifespan_context(part))
            yield


def _take_name(scope: Scope) -> str:
    """The page keeps the name in its query: it looks into it, and it is what a person shares. Elsewhere the name is cut
    out, and a slash at the end with it: the router would lead to the same address without one, and without the name."""
    path, parts = scope["path"], scope["query_string"].split(b"&")
    named = [part for part in parts if part.startswith(FIELD)]
    name = unquote_plus(named[-1].removeprefix(FIELD).decode("latin-1")) if named else ""
    if path.startswith(UNDER):  # the path is what counts, should both name one
        name, _, rest = path.removeprefix(UNDER).partition("/")
        path, parts = f"/{rest}", [part for part in parts if part not in named]
        parts = [FIELD + quote_plus(name).encode(), *parts] if path in PAGES else parts
    elif path != "/" and not path.startswith(PAGE):
        parts = [part for part in parts if part not in named]
    if name:
        ends = path == "/" or path.startswith(PAGE)
        scope["path"] = path if ends else path.rstrip("/")
        scope["query_string"] = b"&".join(filter(None, parts))
    return name


def _is_for_people(scope: Scope) -> bool:
    """Whether a browser asks for something to look at."""
    return scope["path"] in PAGES | {REFERENCE} and "text/html" in Headers(scope=scope).get("accept", "")


def _tell_closed(name: str, why: str) -> Health:
    nothing = dict.fromkeys(("version", "data_version", "seat", "as_of", "old", "old_model", "checked"))
    return Health(status="waiting", experiment=name, model="", failure=why, **nothing)


def _write_refusal(told: str, served: list[str]) -> str:
    links = "".join(f'<li><a href="{escape(page_of(name))}">{escape(name)}</a></li>' for name in served)
    return write_document("candorcast", f"<h1>{escape(told)}</h1><ul>{links}</ul>")
