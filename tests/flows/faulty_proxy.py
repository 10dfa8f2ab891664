"""Stands before a real server and misbehaves on order, on the paths that end so; counts how often each was asked."""

import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Literal, Self

import httpx

Fault = Literal["", "slow", "500", "lost", "late"]
SECONDS = 2.6  # that a slow answer takes


class FaultyProxy:
    """`slow`: it answers too late, and does nothing. `500`: it refuses. `lost`: the first time it does what was asked
    and answers 500. `late`: it does what was asked, and answers too late."""

    def __init__(self, upstream: str, path: str) -> None:
        self.upstream, self.path = upstream, path
        self.fault: Fault = ""
        self.asked: Counter[str] = Counter()
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()  # waits for the answers that are under way
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    proxy: FaultyProxy
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        proxy, wrong = self.proxy, self.path.split("?")[0].endswith(self.proxy.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if wrong and proxy.fault:
            proxy.asked[proxy.fault] += 1
        fault = proxy.fault if wrong else ""
        if fault in ("slow", "500"):
            time.sleep(SECONDS if fault == "slow" else 0)
            return self._answer(500, b"{}")
        kept = {
            key: value for key, value in self.headers.items() if key.lower() not in ("host", "connection")
        }
        answer = httpx.request(
            self.command, proxy.upstream + self.path, content=body, headers=kept, trust_env=False, timeout=60
        )
        if fault == "late":
            time.sleep(SECONDS)
        if fault == "lost":
            proxy.fault = ""
            return self._answer(500, b"{}")
        return self._answer(answer.status_code, answer.content)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def _answer(self, status: int, body: bytes) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:  # whoever asked has gone
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""
