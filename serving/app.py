"""Builds the web application from the environment: `uvicorn --factory serving.app:create_app`."""

import asyncio
import datetime as dt
import gc
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from importlib.metadata import version

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp

from ml_core.errors import ForecastError, InvalidInput
from ml_core.home.settings import Settings, open_home
from ml_core.spec.experiment import Experiment
from ml_core.spec.handover import take_over
from serving.addresses import DOCUMENT, PAGE, REFERENCE, page_of, path_of
from serving.door.access import Access
from serving.door.access_log import AccessLog
from serving.door.cross_site import OriginGuard
from serving.door.crowd import Crowd
from serving.door.head import Head
from serving.door.keys import is_loopback
from serving.door.limits import Limits
from serving.door.login import LoginGate
from serving.door.one_shape import OneShape
from serving.door.rate import Rate
from serving.door.request_watch import RequestWatch
from serving.door.switch import Addressed, Living, Switch
from serving.experiments import Experiments, open_experiments
from serving.look.scripts import add_scripts
from serving.look.style import ICON
from serving.page import AppPage, Logins
from serving.rest.answers import Answers
from serving.rest.api import build_router, explain_errors
from serving.rest.api_reference import build_reference
from serving.rest.examples import build_examples, lay_in
from serving.rest.metrics import Requests
from serving.service import Service

LARGEST_BODY = 64 * 1024
LOOK_EVERY = 3.0
A_MINUTE = 600  # requests of one visitor, where others reach the server and nothing else is set
OWN_NAMES = ["localhost", "127.0.0.1", "::1", "[::1]"]
ABOUT = """Forecasts that carry their evidence: each answer names the model version, the data version, the date it
looks from and where its scores stand."""


def create_app() -> ASGIApp:
    """The application that the environment describes. What is wrong there is told in one line and ends the server, as
    it ends a command."""
    try:
        return open_app(Settings(), take_over(os.environ))
    except ForecastError as error:
        sys.stderr.write(f"candorcast: {error}\n")
        raise SystemExit(2 if isinstance(error, InvalidInput) else 1) from None


def open_app(settings: Settings, read: Mapping[str, Experiment] | None = None) -> ASGIApp:
    """The application of these settings; `read`: experiments that need not be read again, as they were asked for."""
    access = Access(settings)
    home = open_home(settings.home, settings.tracking_uri, settings.tables)
    experiments = open_experiments(
        settings.experiments, settings.overrides, home, elsewhere=access.needed, read=read or {}
    )
    return build_app(experiments, access, settings)


def build_app(experiments: Experiments, access: Access, settings: Settings) -> ASGIApp:
    """API and page of every experiment, and around them what is one for all."""
    requests, logins, crowd = Requests(), Logins(), Crowd()
    parts = {
        name: _build_part(service, experiments, access, requests, logins)
        for name, service in experiments.opened.items()
    }
    answering = {
        name: Answers(crowd.around(part), served=partial(_served_by, experiments.opened[name]), access=access)
        for name, part in parts.items()
    }
    around = _surround(Switch(answering, experiments, access), settings, access)
    listeners = [requests.note]
    others = not is_loopback(settings.host)
    if others if settings.access_log is None else settings.access_log:
        listeners.append(AccessLog(lambda: dt.datetime.now(dt.UTC)).note)
    return Living(RequestWatch(Head(OneShape(Addressed(around))), listeners=listeners), parts)


def _build_part(
    service: Service, experiments: Experiments, access: Access, requests: Requests, logins: Logins
) -> FastAPI:
    """API and page on one service."""
    name = service.experiment.name
    under = "" if name == experiments.first else path_of(name)
    page = AppPage(partial(_lay_out, service, experiments, access), logins, under)
    app = FastAPI(
        title="candorcast",
        description=ABOUT,
        version=version("candorcast"),
        lifespan=_living(service.look, page),
        docs_url=None,
        redoc_url=None,
        openapi_url=DOCUMENT,
    )
    explain_errors(app, service)
    app.include_router(build_router(service, access, requests, experiments))
    _add_pages(app, service, among=experiments.several)
    app.mount(PAGE, page)
    if access.needed:
        app.add_middleware(LoginGate, tokens=lambda: logins.tokens, access=access)
    return app


def _lay_out(service: Service, experiments: Experiments, access: Access) -> FastAPI:
    from serving.ui import mount_page

    return mount_page(service, experiments, access)


def _served_by(service: Service) -> object:
    return service.served


def _add_pages(app: FastAPI, service: Service, *, among: bool) -> None:
    """`among` several experiments the document says that they can be named."""
    plain, examples = app.openapi, build_examples(service)
    name = service.experiment.name if among else None
    app.openapi = lambda: lay_in(plain(), examples, name)

    add_scripts(app)

    @app.get("/", include_in_schema=False)
    def start(request: Request) -> RedirectResponse:
        """What an address asks for is asked of the page."""
        return RedirectResponse(page_of(query=request.url.query))

    @app.get("/favicon.ico", include_in_schema=False)
    def favicon() -> Response:
        return Response(ICON, media_type="image/svg+xml")

    @app.get(REFERENCE, include_in_schema=False)
    def docs(request: Request) -> HTMLResponse:
        query = f"?experiment={name}" if name else ""
        return HTMLResponse(build_reference(app.openapi(), address=str(request.base_url), query=query))


def _surround(app: ASGIApp, settings: Settings, access: Access) -> ASGIApp:
    """Outermost last. Without a key only this machine's own names are answered, so no page can rebind to us."""
    default = 0 if is_loopback(settings.host) else A_MINUTE
    if a_minute := default if settings.rate_limit is None else settings.rate_limit:
        app = Rate(app, a_minute=a_minute)
    app = OriginGuard(Limits(app, largest=LARGEST_BODY), allowed=settings.cors_origins)
    if settings.cors_origins:
        app = CORSMiddleware(
            app,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Content-Type", "X-API-Key", "Authorization"],
        )
    return app if access.needed else TrustedHostMiddleware(app, allowed_hosts=OWN_NAMES)


def _living(
    look: Callable[[], None], page: AppPage
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with page.living():
            watch = asyncio.create_task(_look_on(look))
            try:
                yield
            finally:
                watch.cancel()

    return lifespan


async def _look_on(look: Callable[[], None]) -> None:
    """What is loaded after the first look stays: no later collection of garbage walks over it and holds up requests."""
    await asyncio.to_thread(look)
    gc.collect()
    gc.freeze()
    while True:
        await asyncio.sleep(LOOK_EVERY)
        await asyncio.to_thread(look)
