"""Refuses what another site's page asks of this server in the browser of a visitor: it would be done in his name."""

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.addresses import PAGE

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})  # what changes nothing
OWN = (b"same-origin", b"none")  # as browsers say it: our own page, or the visitor himself


class OriginGuard:
    """`allowed`: other origins whose pages may ask the API; the app's own doors are for its own page."""

    def __init__(self, app: ASGIApp, allowed: Collection[str]) -> None:
        self.app, self._allowed = app, frozenset(one.rstrip("/") for one in allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE and self._foreign(scope):
            told = "a page of another site may not ask this; CANDORCAST_CORS_ORIGINS names those that may"
            await JSONResponse({"error": told}, 403)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _foreign(self, scope: Scope) -> bool:
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1").rstrip("/")
        if origin in self._allowed and not scope["path"].startswith(PAGE):
            return False
        return not _is_own(headers, origin)


def _is_own(headers: Mapping[bytes, bytes], origin: str) -> bool:
    """By what the browser says of itself; an older one, and one over plain HTTP, says the origin alone. Whoever is no
    browser says neither, and asks in nobody's name."""
    if (site := headers.get(b"sec-fetch-site")) is not None:
        return site in OWN
    return not origin or urlsplit(origin).netloc == headers.get(b"host", b"").decode("latin-1")
