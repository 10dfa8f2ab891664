"""Lets a visitor ask the API so many times a minute and no more, so that one cannot take it from the others."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.addresses import PAGE

AT_ONCE = 6  # a sixth of what a minute allows
REMEMBERED = 10_000  # visitors; the one who was here longest ago is forgotten first
OPEN = ("/health", "/ready", "/metrics", PAGE, "/favicon.ico")


LOGIN = f"{PAGE}/login"  # a guess at a key is a question too


class Rate:
    """Each visitor has a bucket that fills evenly; a question takes one out of it."""

    def __init__(self, app: ASGIApp, a_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.app, self._clock = app, clock
        self._a_minute, self._a_second = a_minute, a_minute / 60
        self._most = max(a_minute / AT_ONCE, 1.0)
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limited = scope["type"] == "http" and _counts(scope["path"])
        wait = self._take((scope.get("client") or ("",))[0]) if limited else 0
        if not wait:
            await self.app(scope, receive, send)
            return
        told = f"more than {self._a_minute} requests a minute; ask again in {wait} s"
        await JSONResponse({"error": told}, 429, {"Retry-After": f"{wait}"})(scope, receive, send)

    def _take(self, visitor: str) -> int:
        """Seconds after which there is one to take; 0 where one was taken."""
        now = self._clock()
        left, since = self._left.pop(visitor, (self._most, now))
        left = min(left + (now - since) * self._a_second, self._most)
        wait = 0 if left >= 1 else math.ceil((1 - left) / self._a_second)
        self._left[visitor] = (left if wait else left - 1, now)
        if len(self._left) > REMEMBERED:
            self._left.popitem(last=False)
        return wait


def _counts(path: str) -> bool:
    return path.startswith(LOGIN) or not path.startswith(OPEN)
