"""Sees every request from the outside: which route it took, how it ended and how long that was."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.addresses import PAGE

UNKNOWN = "other"
UNANSWERED = 499  # the visitor left before an answer began


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One request that has ended. `route` is as the document writes it, never what a visitor made up."""

    route: str
    method: str
    path: str
    status: int
    seconds: float
    sent: int
    visitor: str


Listener = Callable[[SeenRequest], None]


class RequestWatch:
    """Tells every listener of every request, whatever became of it. Outermost, so that refusals are seen too."""

    def __init__(self, app: ASGIApp, listeners: Sequence[Listener]) -> None:
        self.app, self._listeners = app, tuple(listeners)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status, sent = time.perf_counter(), UNANSWERED, 0
        path = scope["path"]  # as it was asked: what lies behind may read it as of one experiment

        async def seen(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                sent += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, seen)
        finally:
            taken = time.perf_counter() - begun
            visitor = (scope.get("client") or ("",))[0]
            told = SeenRequest(_route(scope), scope["method"], path, status, taken, sent, visitor)
            for listener in self._listeners:
                listener(told)


def _route(scope: Scope) -> str:
    if scope["path"].startswith(PAGE):
        return PAGE
    return scope.get("kept") or getattr(scope.get("route"), "path", None) or UNKNOWN
