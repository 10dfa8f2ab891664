"""The page in the browser as a part of the server. It is laid out when it is first asked for, in a thread of its own,
so that who asks for forecasts waits for nothing that draws."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from starlette.routing import BaseRoute, Mount
from starlette.types import Receive, Scope, Send

BuildPage = Callable[[], FastAPI]


@dataclass(frozen=True)
class Logins:
    """Who has logged in, whichever experiment's page asked for it: Gradio's own tokens, and the name of its cookie."""

    tokens: dict[str, str] = field(default_factory=dict)
    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(32))


class AppPage:
    """`build` gives an application on which Gradio is mounted, and nothing else. `under`: the path below which this
    page finds again what it loads after it was opened."""

    def __init__(self, build: BuildPage, logins: Logins, under: str = "") -> None:
        self._build, self._logins, self._under = build, logins, under
        self._building = threading.Lock()
        self._shell: FastAPI | None = None
        self._wanted: asyncio.Event | None = None
        self._started: asyncio.Future[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.open()
        places = {name: f"{self._under}{scope[name]}" for name in ("root_path", "path")}
        await _gradio_of(self._laid_out())({**scope, **places}, receive, send)

    @property
    def routes(self) -> list[BaseRoute]:
        """Gradio's own."""
        return _gradio_of(self._laid_out()).routes

    async def open(self) -> None:
        """Until it is laid out and runs."""
        if self._wanted is None or self._started is None:
            await asyncio.to_thread(self._laid_out)
            return
        self._wanted.set()
        await asyncio.shield(self._started)

    @asynccontextmanager
    async def living(self) -> AsyncIterator[None]:
        """As long as the server runs; only then what the page does by itself runs too."""
        self._wanted, self._started = asyncio.Event(), asyncio.get_running_loop().create_future()
        ended = asyncio.Event()
        run = asyncio.create_task(self._run(self._wanted, self._started, ended))
        try:
            yield
        finally:
            ended.set()
            self._wanted.set()
            await run

    async def _run(self, wanted: asyncio.Event, started: asyncio.Future[None], ended: asyncio.Event) -> None:
        await wanted.wait()
        if ended.is_set():
            started.cancel()
            return
        try:
            shell = await asyncio.to_thread(self._laid_out)
            async with shell.router.lifespan_context(shell):
                started.set_result(None)
                await ended.wait()
        except Exception as error:  # told to whoever asks for the page; the API goes on
            if started.done():
                raise
            started.set_exception(error)

    def _laid_out(self) -> FastAPI:
        with self._building:
            if self._shell is None:
                self._shell = self._build()
                gradio = _gradio_of(self._shell)
                gradio.tokens, gradio.cookie_id = self._logins.tokens, self._logins.cookie
            return self._shell


def _gradio_of(shell: FastAPI) -> Any:
    return next(route.app for route in shell.routes if isinstance(route, Mount))
