"""Gives every refusal the one shape, {"error": "one line"}, whoever refused: libraries say it as plain text, as
{"detail": …} or not at all. A page of words for people stays one."""

import json
from http import HTTPStatus
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PLAINER = {
    "Invalid host header": "the header Host: expected a name of this machine, as localhost or 127.0.0.1",
    "Disallowed CORS": "CANDORCAST_CORS_ORIGINS names the pages that may ask, GET, POST and DELETE are the methods",
    "Method Not Allowed": "{method} is not allowed here",
    "Not Found": "no such address: {path}",
}


class OneShape:
    """Answers that are no refusal go through as they come."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]  # as it was asked
        start: Message | None = None
        body = b""

        async def shaped(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_bare(message):
                start = message
            elif start is None or message["type"] != "http.response.body":
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body"):
                    told = _tell(start["status"], body, method, path)
                    await _send_whole(start, told, send)

        await self.app(scope, receive, shaped)


def _is_bare(start: Message) -> bool:
    """A refusal that is no page."""
    return start["status"] >= 400 and "text/html" not in MutableHeaders(scope=start).get("content-type", "")


def _tell(status: int, body: bytes, method: str, path: str) -> bytes:
    """What was said, where it is in shape already; else its words, or those that its status stands for."""
    said = _read(body)
    if isinstance(said, dict) and list(said) == ["error"]:
        return body
    words = said.get("detail", said.get("error")) if isinstance(said, dict) else said
    text = " ".join(str(words or HTTPStatus(status).phrase).split())
    plainer = next((told for begin, told in PLAINER.items() if text.startswith(begin)), "")
    told = plainer.format(method=method, path=path)
    return json.dumps(
        {"error": f"{text}: {told}" if text.startswith("Disallowed") else told or text}
    ).encode()


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")


async def _send_whole(start: Message, body: bytes, send: Send) -> None:
    headers = MutableHeaders(scope=start)
    headers["content-type"], headers["content-length"] = "application/json", str(len(body))
    await send(start)
    await send({"type": "http.response.body", "body": body})
