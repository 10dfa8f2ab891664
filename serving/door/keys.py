"""The keys that open the server, and what each of them may do. Knows no web."""

import hmac
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from ml_core.errors import InvalidInput
from ml_core.home.settings import Settings

# What a key opens, each with all that stands before it: see everything; start and cancel runs, fetch tickers and answer
# alarms; and move who is champion.
Scope: TypeAlias = Literal["read", "run", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,39}")
SHORTEST = 12  # characters of a key: a shorter one is soon guessed
FORM = f"expected NAME:SCOPE:KEY, parted by commas, with a SCOPE of {', '.join(SCOPES)}"
OWNER = "owner"  # who has CANDORCAST_API_KEY


@dataclass(frozen=True)
class Visitor:
    """Who asks, by the name of the key that he showed."""

    name: str
    scope: Scope

    def may(self, scope: Scope) -> bool:
        return SCOPES.index(self.scope) >= SCOPES.index(scope)


@dataclass(frozen=True)
class _Key:
    visitor: Visitor
    secret: bytes


HERE = Visitor("this machine", "admin")  # where no key is set, which only loopback allows


class Keys:
    """Those of the environment: `CANDORCAST_API_KEY` opens everything, each of `CANDORCAST_API_KEYS` what its scope
    says."""

    def __init__(self, settings: Settings) -> None:
        whole = [_Key(Visitor(OWNER, "admin"), settings.api_key.encode())] if settings.api_key else []
        self._owned = bool(whole)
        self._keys = (*whole, *_read_named(settings.api_keys, taken=whole))

    @property
    def needed(self) -> bool:
        return bool(self._keys)

    def find(self, shown: str | None) -> Visitor | None:
        """Whose key that is. Every key is compared, each in constant time, so that none can be felt out."""
        if not self._keys:
            return HERE
        given, visitor = (shown or "").encode(), None
        for key in self._keys:
            if hmac.compare_digest(given, key.secret):
                visitor = visitor or key.visitor
        return visitor

    def logs_in(self, name: str, password: str) -> bool:
        """A named key is shown with its name: the page knows its visitors by that alone afterwards."""
        visitor = self.find(password)
        if visitor is None or not self._keys:
            return visitor is not None
        named = any(name == key.visitor.name for key in self._keys if key.visitor.name != OWNER)
        return visitor.name == name or (visitor.name == OWNER and not named)

    def logged_in(self, name: str | None) -> Visitor | None:
        """Who has logged in under that name: a named key's holder, else whoever holds the key that opens everything."""
        if not self._keys:
            return HERE
        named = next((key.visitor for key in self._keys if key.visitor.name == name), None)
        if named is not None:
            return named
        return Visitor(OWNER, "admin") if self._owned and name is not None else None


def open_keys(settings: Settings) -> Keys:
    """Those of a server that is bound to its host: none are needed where nobody else reaches it, and what is soon
    guessed will do there."""
    keys = Keys(settings)
    if is_loopback(settings.host):
        return keys
    if not keys.needed:
        raise InvalidInput(
            f"--host {settings.host} opens the app to others: set CANDORCAST_API_KEY, or bind 127.0.0.1"
        )
    if settings.api_key and len(settings.api_key) < SHORTEST:
        raise InvalidInput(
            f"CANDORCAST_API_KEY: the key is too short for --host {settings.host}, where others may guess it; "
            f"expected {SHORTEST} characters or more"
        )
    return keys


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read_named(told: Sequence[str], *, taken: Sequence[_Key]) -> list[_Key]:
    """No message repeats what was given: it may hold a secret."""
    keys: list[_Key] = []
    for number, text in enumerate(told, 1):
        name, _, rest = text.partition(":")
        scope, _, secret = rest.partition(":")
        if not NAME.fullmatch(name) or scope not in SCOPES or not secret:
            raise InvalidInput(f"CANDORCAST_API_KEYS, number {number}: {FORM}")
        if len(secret) < SHORTEST:
            raise InvalidInput(
                f"CANDORCAST_API_KEYS, {name}: the key is too short; expected {SHORTEST} characters or more"
            )
        if name == OWNER or any(name == key.visitor.name for key in keys):
            raise InvalidInput(f"CANDORCAST_API_KEYS, {name}: this name is taken; expected another")
        if any(secret.encode() == key.secret for key in (*taken, *keys)):
            raise InvalidInput(
                f"CANDORCAST_API_KEYS, {name}: another name has this key; expected one of its own"
            )
        keys.append(_Key(Visitor(name, scope), secret.encode()))
    return keys
