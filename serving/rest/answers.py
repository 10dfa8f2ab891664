"""Answers the same question of the newest session from bytes that were made once, until something newer is served.
Every answer of the API has a tag, so that who holds it is told so in a line, and is squeezed for who asks for that."""

import gzip
import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.door.access import Access

TAGGED = ("/predictions/", "/models", "/info", "/live", "/portfolio/")
KEPT = frozenset({"/predictions/single", "/predictions/batch", "/predictions/explain"})
JSON = b"application/json"
WORTH = 1024  # bytes from which an answer is squeezed
ROOM = 32 * 2**20  # bytes of all answers that are kept
# A past day is looked up each time: who sat there then may have changed. An escape might spell the word.
LOOKED_UP = re.compile(rb'"(?:as_of|date)"\s*:\s*"|\\')

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class KeptResponse:
    """The body of a 200, and the headers that came with it."""

    body: bytes
    headers: tuple[tuple[bytes, bytes], ...]

    @cached_property
    def tag(self) -> bytes:
        """Weak: squeezed or not, it is the same answer."""
        return b'W/"%s"' % hashlib.blake2b(self.body, digest_size=16).hexdigest().encode()

    @cached_property
    def squeezed(self) -> bytes:
        return gzip.compress(self.body, 6, mtime=0)

    @cached_property
    def plain_start(self) -> Message:
        return self._start(200, [(b"content-length", b"%d" % len(self.body))])

    @cached_property
    def squeezed_start(self) -> Message:
        length = (b"content-length", b"%d" % len(self.squeezed))
        return self._start(200, [length, (b"content-encoding", b"gzip")])

    @cached_property
    def unchanged_start(self) -> Message:
        return self._start(304, [])

    def _start(self, status: int, own: Headers) -> Message:
        kept = [one for one in self.headers if one[0] != b"content-length"]
        about = [(b"etag", self.tag), (b"vary", b"Accept-Encoding"), (b"cache-control", b"private, no-cache")]
        return {"type": "http.response.start", "status": status, "headers": [*kept, *own, *about]}


class Answers:
    """`served`: what is served at this moment; an answer lasts as long as it is the same object."""

    def __init__(self, app: ASGIApp, served: Callable[[], object], access: Access) -> None:
        self.app, self._served, self._access = app, served, access
        self._kept: OrderedDict[tuple[str, bytes], KeptResponse] = OrderedDict()
        self._of: object = None
        self._size = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(TAGGED):
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if not self._may_keep(scope, headers):
            await self._pass(scope, receive, send, headers)
            return
        message = await receive()
        key = (scope["path"], message.get("body", b""))
        kept = None if message.get("more_body") else self._find(key)
        if kept is not None:
            scope["kept"] = scope["path"]
            await _reply(kept, headers, send)
            return
        of, whole = self._of, not message.get("more_body") and not LOOKED_UP.search(key[1])
        answer = await self._pass(scope, _again(message, receive), send, headers)
        if answer and whole and of is not None and of is self._served():
            self._keep(key, answer)

    def _may_keep(self, scope: Scope, headers: dict[bytes, bytes]) -> bool:
        """A question whose answer depends on its body and on what is served, by somebody who may ask it."""
        return (
            scope["path"] in KEPT
            and scope["method"] == "POST"
            and not scope["query_string"]
            and headers.get(b"content-type") == JSON
            and b"content-length" in headers
            and self._access.opens(self._access.shown(headers))
        )

    def _find(self, key: tuple[str, bytes]) -> KeptResponse | None:
        served = self._served()
        if served is not self._of:
            self._kept.clear()
            self._of, self._size = served, 0
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
        return kept

    def _keep(self, key: tuple[str, bytes], answer: KeptResponse) -> None:
        size = len(key[1]) + 2 * len(answer.body)
        if size > ROOM or key in self._kept:
            return
        self._kept[key] = answer
        self._size += size
        while self._size > ROOM:
            (_, body), gone = self._kept.popitem(last=False)
            self._size -= len(body) + 2 * len(gone.body)

    async def _pass(
        self, scope: Scope, receive: Receive, send: Send, headers: dict[bytes, bytes]
    ) -> KeptResponse | None:
        """Let the application answer; what is no 200 goes on as it is."""
        start: Message | None = None
        body = b""
        answer: KeptResponse | None = None

        async def collect(message: Message) -> None:
            nonlocal start, body, answer
            if message["type"] == "http.response.start":
                start = message
                if message["status"] != 200:
                    await send(message)
                return
            if start is None or start["status"] != 200:
                await send(message)
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                answer = KeptResponse(
                    body, tuple((bytes(name), bytes(text)) for name, text in start["headers"])
                )
                await _reply(answer, headers, send)

        await self.app(scope, receive, collect)
        return answer


async def _reply(answer: KeptResponse, headers: dict[bytes, bytes], send: Send) -> None:
    """Each with a start of its own, for layers further out write their headers into it."""
    if headers.get(b"if-none-match") and _holds(headers[b"if-none-match"], answer.tag):
        await send(dict(answer.unchanged_start))
        await send({"type": "http.response.body"})
    elif len(answer.body) >= WORTH and _squeezes(headers.get(b"accept-encoding", b"")):
        await send(dict(answer.squeezed_start))
        await send({"type": "http.response.body", "body": answer.squeezed})
    else:
        await send(dict(answer.plain_start))
        await send({"type": "http.response.body", "body": answer.body})


def _holds(told: bytes, tag: bytes) -> bool:
    """Whether a visitor holds this answer: by its tag, weak or not, or by any."""
    tags = {one.strip().removeprefix(b"W/") for one in told.split(b",")}
    return b"*" in tags or tag.removeprefix(b"W/") in tags


def _squeezes(accepted: bytes) -> bool:
    """Whether gzip is named and not refused by q=0."""
    for one in accepted.lower().split(b","):
        name, _, quality = one.partition(b";")
        if name.strip() == b"gzip":
            return quality.replace(b" ", b"") not in (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000")
    return False


def _again(first: Message, receive: Receive) -> Receive:
    """What was read already, then the rest."""
    waiting = [first]

    async def read() -> Message:
        return waiting.pop() if waiting else await receive()

    return read
