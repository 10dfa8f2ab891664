"""Shuts the page's own doors for who has not logged in. Gradio asks for the login at those that show something, and
leaves others open: who is here, what runs, what ends or resets a run."""

from collections.abc import Callable, Collection

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.addresses import PAGE

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

    def __init__(self, app: ASGIApp, tokens: Callable[[], Collection[str]]) -> None:
        self.app, self._tokens = app, tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._shut(scope):
            await JSONResponse({"error": "log in at /ui first"}, 401)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _shut(self, scope: Scope) -> bool:
        path = scope["path"]
        if not path.startswith(PAGE) or path in LOGIN or path.startswith(FILES):
            return False
        tokens = self._tokens()
        return not any(shown in tokens for shown in HTTPConnection(scope).cookies.values())
