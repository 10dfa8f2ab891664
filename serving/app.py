"""Builds the web application from the environment: `uvicorn --factory serving.app:create_app`."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.middleware.trustedhost import TrustedHostMiddleware

from ml_core.data.order import place_order
from ml_core.home.settings import Settings, open_home
from ml_core.spec.file import read_experiment
from serving.access import Access
from serving.api import build_router, explain_errors
from serving.hints import Hints
from serving.limits import Limits
from serving.reference import build_reference
from serving.service import Service
from serving.style import ICON

LARGEST_BODY = 64 * 1024
LOOK_EVERY = 3.0
OWN_NAMES = ["localhost", "127.0.0.1", "::1", "[::1]"]
ABOUT = """Forecasts that carry their evidence: each answer names the model version, the data version, the date it
looks from and where its scores stand."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application that the environment describes."""
    settings = settings or Settings()
    access = Access(settings)
    experiment = read_experiment(settings.experiment, settings.overrides)
    home = open_home(settings.home, settings.tracking_uri)
    service = Service(
        place_order(experiment, home),
        clock=lambda: dt.datetime.now(dt.UTC),
        hints=Hints(settings.experiment, home, settings.overrides, elsewhere=access.needed),
    )
    return build_app(service, access, settings)


def build_app(service: Service, access: Access, settings: Settings) -> FastAPI:
    """API and interface on one service."""
    from serving.ui import mount_ui

    app = FastAPI(
        title="candorcast",
        description=ABOUT,
        version="0.1.0",
        lifespan=_looking(service.look),
        docs_url=None,
        redoc_url=None,
    )
    explain_errors(app, service)
    app.include_router(build_router(service, access))
    _add_pages(app, service)
    mount_ui(app, service, access)
    _add_limits(app, settings, access)
    return app


def _add_pages(app: FastAPI, service: Service) -> None:
    tickers, horizons = service.tickers(), service.experiment.task.horizons
    examples = {
        "/predictions/single": {"ticker": tickers[0], "horizons": horizons[:2], "strategy": "single"},
        "/predictions/batch": {"tickers": tickers[:2]},
    }

    @app.get("/", include_in_schema=False)
    def start() -> RedirectResponse:
        return RedirectResponse("/ui")

    @app.get("/favicon.ico", include_in_schema=False)
    def favicon() -> Response:
        return Response(ICON, media_type="image/svg+xml")

    @app.get("/docs", include_in_schema=False)
    def docs(request: Request) -> HTMLResponse:
        return HTMLResponse(build_reference(app.openapi(), examples, address=str(request.base_url)))


def _add_limits(app: FastAPI, settings: Settings, access: Access) -> None:
    """Outermost last. Without a key only this machine's own names are answered, so no page can rebind to us."""
    app.add_middleware(Limits, largest=LARGEST_BODY)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Content-Type", "X-API-Key", "Authorization"],
        )
    if not access.needed:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=OWN_NAMES)


def _looking(look: Callable[[], None]) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        watch = asyncio.create_task(_look_on(look))
        try:
            yield
        finally:
            watch.cancel()

    return lifespan


async def _look_on(look: Callable[[], None]) -> None:
    while True:
        await asyncio.to_thread(look)
        await asyncio.sleep(LOOK_EVERY)
