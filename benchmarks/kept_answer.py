"""What does an answer that is kept cost the application itself, without the server that speaks HTTP around it?

    python -m benchmarks.kept_answer [--requests 3000]

A small world (six tickers, a fitted network) is asked for one ticker, over and over, through the whole application as
`candorcast serve` builds it, in this process: microseconds of the processor's time a request, three times.
"""

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path

from starlette.types import ASGIApp, Message

from ml_core.home.settings import Settings
from serving.app import open_app
from tests.serving.conftest import write_file
from tests.serving.world import build_world

BODY = json.dumps({"ticker": "ALFA"}).encode()
HEADERS = [
    (b"host", b"127.0.0.1"),
    (b"content-type", b"application/json"),
    (b"content-length", b"%d" % len(BODY)),
]


async def ask(app: ASGIApp) -> int:
    """The status of one answer."""
    told: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": BODY, "more_body": False}

    async def send(message: Message) -> None:
        told.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/predictions/single",
        "raw_path": b"/predictions/single",
        "query_string": b"",
        "root_path": "",
        "headers": list(HEADERS),
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
    }
    await app(scope, receive, send)
    return told[0]["status"]


async def measure(app: ASGIApp, requests: int) -> float:
    """Microseconds a request, once the answer is kept."""
    if await ask(app) != 200:
        raise RuntimeError("not answered")
    begun = time.process_time()
    for _ in range(requests):
        await ask(app)
    return (time.process_time() - begun) / requests * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=3000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        world = build_world(folder / "home")
        file = write_file(world.experiment, folder)
        app = open_app(Settings(home=world.home.root, experiments=(file,)))
        taken = [asyncio.run(measure(app, options.requests)) for _ in range(3)]
    print("microseconds a request: " + ", ".join(f"{one:.0f}" for one in taken))


if __name__ == "__main__":
    main()
