"""Answers so many questions at once and no more: whoever comes beyond is asked to come again, so that those who were
there are answered soon, and all are again as soon as the crush is over."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.addresses import PAGE

AT_ONCE = 64  # forty threads answer; what waits behind them is answered within a second or two
AGAIN = {"Retry-After": "1"}
OPEN = ("/health", "/ready", "/metrics", PAGE)  # told to whoever watches; the page has a queue of its own
TOLD = "more is asked at once than can be answered soon; ask again in a second"


class Crowd:
    """Counts what is being answered by all applications around which it stands. Who still sends his question is not
    counted: many who send slowly keep nobody out."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once, self._inside = at_once, 0

    def around(self, app: ASGIApp) -> ASGIApp:
        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["path"].startswith(OPEN):
                await app(scope, receive, send)
            elif _sends_a_body(scope):
                await self._answer_when_heard(app, scope, receive, send)
            elif self._full:
                await JSONResponse({"error": TOLD}, 503, AGAIN)(scope, receive, send)
            else:
                self._inside += 1
                try:
                    await app(scope, receive, send)
                finally:
                    self._inside -= 1

        return guarded

    @property
    def _full(self) -> bool:
        return self._inside >= self._at_once

    async def _answer_when_heard(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        heard = False

        async def hear() -> Message:
            nonlocal heard
            message = await receive()
            if not heard and message["type"] == "http.request" and not message.get("more_body"):
                if self._full:
                    raise HTTPException(503, TOLD, AGAIN)
                heard = True
                self._inside += 1
            return message

        try:
            await app(scope, hear, send)
        finally:
            self._inside -= heard


def _sends_a_body(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
