"""Writes a line of JSON for each request: what was asked, by whom, how it ended. Neither headers nor query nor body is
in it, so no key and no name."""

import datetime as dt
import json
import sys
from typing import TextIO

from ml_core.prediction.answer import Clock
from serving.door.request_watch import SeenRequest

LONGEST = 200  # characters of an address that somebody made up


class AccessLog:
    """Of one server."""

    def __init__(self, clock: Clock, stream: TextIO | None = None) -> None:
        self._clock, self._stream = clock, stream or sys.stdout

    def note(self, seen: SeenRequest) -> None:
        told = {
            "at": self._clock().astimezone(dt.UTC).isoformat(timespec="milliseconds"),
            "visitor": seen.visitor,
            "method": seen.method,
            "path": seen.path[:LONGEST],
            "route": seen.route,
            "status": seen.status,
            "ms": round(seen.seconds * 1000, 2),
            "bytes": seen.sent,
        }
        self._stream.write(json.dumps(told) + "\n")
        self._stream.flush()
