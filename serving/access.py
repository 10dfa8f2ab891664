"""Decides whether a visitor may see the API and the app, by the key in the settings. Both ask the same question."""

import hmac
import ipaddress
from typing import Annotated

from fastapi import Depends, HTTPException
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from ml_core.errors import InvalidInput
from ml_core.home.settings import Settings

HEADER = APIKeyHeader(name="X-API-Key", auto_error=False, description="CANDORCAST_API_KEY, where one is set.")
BEARER = HTTPBearer(auto_error=False, description="The same key as a bearer token.")


class Access:
    """Open to everyone where no key is set, which only loopback allows."""

    def __init__(self, settings: Settings) -> None:
        self._key = settings.api_key or None
        if self._key is None and not is_loopback(settings.host):
            raise InvalidInput(
                f"--host {settings.host} opens the app to others: set CANDORCAST_API_KEY, or bind 127.0.0.1"
            )

    @property
    def needed(self) -> bool:
        return self._key is not None

    def opens(self, shown: str | None) -> bool:
        """In constant time, so that the key cannot be felt out."""
        return self._key is None or hmac.compare_digest((shown or "").encode(), self._key.encode())

    def login(self, _name: str, password: str) -> bool:
        """Gradio's question; the name is free."""
        return self.opens(password)

    def check(
        self,
        header: Annotated[str | None, Depends(HEADER)] = None,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)] = None,
    ) -> None:
        """FastAPI's dependency."""
        if not self.opens(header or (bearer.credentials if bearer else None)):
            raise HTTPException(
                401, "a key is needed: send the header X-API-Key", {"WWW-Authenticate": "Bearer"}
            )


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
