"""Decides what a visitor of the API and the app may do, by the keys in the settings. Both ask the same question."""

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import Depends, HTTPException
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from ml_core.home.settings import Settings
from serving.door.keys import Scope, Visitor, open_keys

HEADER = APIKeyHeader(name="X-API-Key", auto_error=False, description="A key, where one is set.")
BEARER = HTTPBearer(auto_error=False, description="The same key as a bearer token.")
WHAT = {
    "read": "see this",
    "run": "start and cancel runs, fetch tickers and answer alarms",
    "admin": "move who is champion",
}


class Access:
    """Open to everyone where no key is set, which only loopback allows."""

    def __init__(self, settings: Settings) -> None:
        self._keys = open_keys(settings)

    @property
    def needed(self) -> bool:
        return self._keys.needed

    def opens(self, shown: str | None) -> bool:
        """Whether that is a key: each of them may read."""
        return self._keys.find(shown) is not None

    @staticmethod
    def shown(headers: Mapping[bytes, bytes]) -> str | None:
        """The key as a raw request shows it; what a dependency reads of one that FastAPI has read."""
        if key := headers.get(b"x-api-key"):
            return key.decode("latin-1")
        scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        return token if scheme.lower() == "bearer" else None

    def login(self, name: str, password: str) -> bool:
        """Gradio's question."""
        return self._keys.logs_in(name, password)

    def logged_in(self, name: str | None) -> Visitor | None:
        """Who that is on the page, and what he may do there."""
        return self._keys.logged_in(name)

    def needs(self, scope: Scope) -> Callable[..., Visitor]:
        """FastAPI's dependency of a route: who asks, if he may."""

        def check(
            header: Annotated[str | None, Depends(HEADER)] = None,
            bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)] = None,
        ) -> Visitor:
            visitor = self._keys.find(header or (bearer.credentials if bearer else None))
            if visitor is None:
                told = "a key is needed: send the header X-API-Key"
                raise HTTPException(401, told, {"WWW-Authenticate": "Bearer"})
            if not visitor.may(scope):
                raise HTTPException(403, refuse(visitor, scope))
            return visitor

        return check


def refuse(visitor: Visitor | None, scope: Scope) -> str:
    """Why somebody may not, and what would let him."""
    held = f"the key of {visitor.name} has the scope {visitor.scope}" if visitor else "nobody is logged in"
    return f"{held}; to {WHAT[scope]} takes one with the scope {scope}"
