"""What becomes of the real server under half of the load that it bears, and under twice as much?

    python -m benchmarks.load [--minutes 10] [--over 60]

A small world is made and served by the command that `candorcast serve` turns into. Asked is what takes work, past days
and why they were forecast so; as often the newest session, and sometimes what stands behind it. What it bears is what
sixteen clients get who each ask again as soon as they are answered. Then questions come evenly, each on a connection of
its own, whether earlier ones are answered or not: half as many for the minutes that are asked for, then twice as many,
then one at a time, until they are answered as soon as before.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.http_client import cpu_seconds, free_port, resident, serve, write_request
from benchmarks.serving import at, tell_environment
from flows.stack.web import server_command
from ml_core.data.calendar import sessions_between
from tests.serving.world import LISTED, World, build_world

CLIENTS, PROBES, PATIENCE = 16, 100, 60.0


@dataclass
class Told:
    """What was answered: the status of each, and after how many seconds."""

    statuses: Counter[str] = field(default_factory=Counter)
    taken: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def line(self, what: str) -> str:
        good = self.statuses["200"] + self.statuses["202"]
        busy = self.statuses["429"] + self.statuses["503"]
        asked = sum(self.statuses.values())
        rest = {
            name: count for name, count in self.statuses.items() if name not in ("200", "202", "429", "503")
        }
        cells = [what, f"{asked / self.seconds:.0f}", f"{good}", f"{busy}", f"{sum(rest.values())}"]
        cells += [f"{at(share, self.taken):.0f}" for share in (0.5, 0.99)] if self.taken else ["", ""]
        return f"| {' | '.join(cells)} |" + (f" {rest}" if rest else "")


def questions(world: World) -> list[bytes]:
    held = world.evidence.holdout
    past = [f"{day}" for day in sessions_between(world.experiment.universe.calendar, held.start, held.end)]
    work = [
        write_request("/predictions/single", {"ticker": one, "date": day}) for one in LISTED for day in past
    ]
    work += [write_request("/predictions/explain", {"ticker": one, "date": past[-1]}) for one in LISTED]
    newest = [write_request("/predictions/single", {"ticker": one}) for one in LISTED]
    behind = [
        write_request(path) for path in ("/predictions/board", "/models", "/live", "/portfolio/positions")
    ]
    return [*work, *behind, *(newest[number % len(newest)] for number in range(len(work)))]


async def ask(port: int, request: bytes, told: Told) -> None:
    """On a connection of its own, as a visitor who has just come."""
    begun = time.perf_counter()
    try:
        status = await asyncio.wait_for(_ask(port, request), PATIENCE)
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        status = type(error).__name__
    told.statuses[status] += 1
    if status in ("200", "202"):
        told.taken.append(time.perf_counter() - begun)


async def _ask(port: int, request: bytes) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length or 0))
        return head[9:12].decode()
    finally:
        writer.close()


async def closely(port: int, asked: list[bytes], seconds: float) -> Told:
    """Each client asks again as soon as it is answered."""
    told, chance, until = Told(), random.Random(0), time.monotonic() + seconds

    async def client() -> None:
        while time.monotonic() < until:
            await ask(port, chance.choice(asked), told)

    begun = time.monotonic()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    told.seconds = time.monotonic() - begun
    return told


async def evenly(port: int, asked: list[bytes], rate: float, seconds: float) -> Told:
    """So many a second, whether earlier ones are answered or not."""
    told, chance, begun = Told(), random.Random(1), time.monotonic()
    waiting: set[asyncio.Task] = set()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(begun + number / rate - time.monotonic(), 0))
        one = asyncio.create_task(ask(port, chance.choice(asked), told))
        waiting.add(one)
        one.add_done_callback(waiting.discard)
    told.seconds = time.monotonic() - begun
    if waiting:
        await asyncio.wait(waiting)
    return told


async def one_by_one(port: int, asked: list[bytes]) -> Told:
    told, begun = Told(), time.monotonic()
    for request in asked[:: max(len(asked) // PROBES, 1)][:PROBES]:
        await ask(port, request, told)
    told.seconds = time.monotonic() - begun
    return told


async def recover(port: int, asked: list[bytes], before: Told) -> float:
    """Seconds until so many in a row are answered, each within five times what was usual."""
    begun, usual = time.monotonic(), 5 * at(0.99, before.taken) / 1000
    while time.monotonic() - begun < PATIENCE:
        since = time.monotonic() - begun
        told = await one_by_one(port, asked)
        if len(told.taken) == PROBES and max(told.taken) <= usual:
            return since
    return PATIENCE


async def measure(port: int, process: int, world: World, minutes: float, over: float) -> None:
    asked = questions(world)
    await one_by_one(port, asked)
    idle = await one_by_one(port, asked)
    borne = await closely(port, asked, 15)
    rate = sum(borne.statuses.values()) / borne.seconds
    print(
        "| | asked a second | answered | 429, 503 | else | p50, ms | p99, ms |\n|---|--:|--:|--:|--:|--:|--:|"
    )
    print(idle.line("one at a time"))
    print(borne.line(f"what it bears: {CLIENTS} clients"), flush=True)
    held, spent = resident(process), cpu_seconds(process)
    half = await evenly(port, asked, rate / 2, 60 * minutes)
    print(half.line(f"half of it, {minutes:g} minutes"), flush=True)
    busy = (cpu_seconds(process) - spent) / half.seconds
    twice = await evenly(port, asked, 2 * rate, over)
    print(twice.line(f"twice of it, {over:g} seconds"), flush=True)
    print(f"\nas before again after {await recover(port, asked, idle):.1f} s")
    print(
        f"memory {held:.0f} MiB before, {resident(process):.0f} after; at half the load {busy:.2f} processors busy"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--over", type=float, default=60)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        world, port = build_world(Path(folder)), free_port()
        environment = tell_environment(Path(folder), [world])
        first = write_request("/predictions/single", {"ticker": LISTED[0]})
        with serve(server_command("127.0.0.1", port), port, environment, first) as server:
            asyncio.run(measure(port, server.process, world, asked.minutes, asked.over))


if __name__ == "__main__":
    main()
