"""Refuses requests that are too large and adds protective headers to every response."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Everything the page needs is served from here: a browser that honours this asks nobody else.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; frame-ancestors 'self'; "
    "object-src 'none'; base-uri 'self'"
)


class Limits:
    """A body beyond `largest` bytes is refused, by its announced length or as it streams in."""

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self.app, self.largest = app, largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        taken = 0

        async def measured() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.largest:
                raise HTTPException(413, self._refusal)
            return message

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", POLICY)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Referrer-Policy", "same-origin")
            await send(message)

        if scope["path"].endswith("/upload"):
            await JSONResponse({"error": "nothing can be uploaded here"}, 403)(scope, receive, guarded)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdigit() and int(announced) > self.largest:
            await JSONResponse({"error": self._refusal}, 413)(scope, receive, guarded)
            return
        await self.app(scope, measured, guarded)

    @property
    def _refusal(self) -> str:
        return f"the body is larger than {self.largest // 1024} KiB"
