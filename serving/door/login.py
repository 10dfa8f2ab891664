"""Shuts the page's own doors, and the document of the API, for who has not logged in. Gradio asks for the login at
those that show something, and leaves others open: who is here, what runs, what ends or resets a run."""

from collections.abc import Callable, Collection

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.addresses import DOCUMENT, PAGE, REFERENCE, page_of
from serving.door.access import Access

# What the login itself is made of; none of it tells anything of a model or of a visitor.
LOGIN = frozenset(
    f"{PAGE}{part}"
    for part in (
        "",
        "/",
        "/login",
        "/login/",
        "/logout",
        "/theme.css",
        "/gradio_api/theme.css",
        "/favicon.ico",
    )
) | {f"{PAGE}/manifest.json", f"{PAGE}/robots.txt"}
FILES = (f"{PAGE}/assets/", f"{PAGE}/static/", f"{PAGE}/svelte/", f"{PAGE}/pwa_icon")


class LoginGate:
    """`tokens`: those that Gradio has given to who logged in."""

    def __init__(self, app: ASGIApp, tokens: Callable[[], Collection[str]], access: Access) -> None:
        self.app, self._tokens, self._access = app, tokens, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._shut(scope):
            await _refuse(HTTPConnection(scope))(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _shut(self, scope: Scope) -> bool:
        path = scope["path"]
        if path in (REFERENCE, DOCUMENT):
            return not self._access.opens(self._access.shown(dict(scope["headers"]))) and not self._known(
                scope
            )
        if not path.startswith(PAGE) or path in LOGIN or path.startswith(FILES):
            return False
        return not self._known(scope)

    def _known(self, scope: Scope) -> bool:
        tokens = self._tokens()
        return any(shown in tokens for shown in HTTPConnection(scope).cookies.values())


def _refuse(asked: HTTPConnection) -> Response:
    """Whoever reads the document in a browser is led to the login."""
    path = asked.url.path
    if path == REFERENCE and "text/html" in asked.headers.get("accept", ""):
        return RedirectResponse(page_of(query=asked.url.query), 303)
    how = (
        "log in at /ui first"
        if path.startswith(PAGE)
        else "send the header X-API-Key, or log in at /ui first"
    )
    return JSONResponse({"error": how}, 401)
