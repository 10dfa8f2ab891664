"""How fast does the real server answer, beside a bare FastAPI that returns the same bytes?

    python -m benchmarks.serving [--rounds 3] [--requests 2000] [--family ridge] [--weight 10]

A small world is made (six tickers, a fitted and judged network, or the baseline that is named) and served by the
command that `candorcast serve` turns into. Beside it runs a FastAPI on uvicorn with one route that returns the same
bytes and reads nothing. The clients are raw sockets that stay open, in this process, one loop for all of them: each
asks, waits for the whole answer and asks again. Both servers live all the time and are asked in turn, so what else
the machine does falls on both.

`--weight N` measures nothing but what one server holds that serves 1 and N experiments of one home, before and after
the page of each was opened.
"""

import argparse
import os
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import tomlkit

from benchmarks.http_client import Server, ask, cpu_seconds, free_port, resident, serve, write_request
from flows.stack.web import server_command
from ml_core.spec.experiment import Model
from tests.serving.world import World, build_world

BARE = """
from pathlib import Path
from fastapi import FastAPI
from fastapi.responses import Response

app, told = FastAPI(), Path(__file__).with_name("told.json").read_bytes()

@app.post("/predictions/single")
async def single() -> Response:
    return Response(told, media_type="application/json")
"""
SINGLE, BATCH, TICKER = "/predictions/single", "/predictions/batch", "ALFA"


@dataclass(frozen=True)
class Side:
    """What came of the rounds of one of them."""

    speed: list[float] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)
    taken: list[float] = field(default_factory=list)


def at(share: float, taken: list[float]) -> float:
    """Milliseconds within which that share of the answers came."""
    return sorted(taken)[min(int(share * len(taken)), len(taken) - 1)] * 1000


def alone(port: int, world: World, rounds: int, requests: int) -> None:
    """One client: each question beside /health of the same server, in turn."""
    day = f"{world.evidence.holdout.end}"
    questions = {
        "/health": (write_request("/health"), requests),
        "single, newest session": (write_request(SINGLE, {"ticker": TICKER}), requests),
        "batch of all, newest session": (write_request(BATCH, {}), requests),
        "single, a past day again": (write_request(SINGLE, {"ticker": TICKER, "date": day}), requests // 4),
    }
    first = ask(port, questions["single, a past day again"][0])[0][0] * 1000
    taken: dict[str, list[float]] = {name: [] for name in questions}
    for _ in range(rounds):
        for name, (request, count) in questions.items():
            taken[name] += ask(port, request, requests=count)[0]
    health = taken["/health"]
    print("| one client | p50, ms | p99, ms | p50 / health | p99 / health |\n|---|--:|--:|--:|--:|")
    for name, own in taken.items():
        ratios = [at(share, own) / at(share, health) for share in (0.5, 0.99)]
        print(f"| {name} | {at(0.5, own):.2f} | {at(0.99, own):.1f} | {ratios[0]:.2f} | {ratios[1]:.2f} |")
    print(f"| a past day, the first time | {first:.0f} | | | |\n", flush=True)


def together(ours: Server, bare: Server, rounds: int, requests: int) -> None:
    """Many clients: the newest session's answer, ours and the bare one's in turn. The processor's time of the server a
    request is told too: other work on the machine takes none of it."""
    request = write_request(SINGLE, {"ticker": TICKER})
    print(
        "| clients | | requests/s | p99, ms | CPU, µs a request | bare / ours, each round |\n|--:|---|--:|--:|--:|---|"
    )
    for clients in (1, 8, 64):
        sides = {"ours": (ours, Side()), "bare": (bare, Side())}
        for _ in range(rounds):
            for server, side in sides.values():
                before = cpu_seconds(server.process)
                taken, whole = ask(server.port, request, clients=clients, requests=requests)
                side.speed.append(requests / whole)
                side.cost.append((cpu_seconds(server.process) - before) / requests * 1e6)
                side.taken.extend(taken)
        costs = (side.cost for _, side in sides.values())
        ratios = ", ".join(f"{theirs / mine:.2f}" for mine, theirs in zip(*costs, strict=True))
        for name, (_, side) in sides.items():
            speed, cost = statistics.median(side.speed), statistics.median(side.cost)
            shown = ratios if name == "ours" else ""
            print(
                f"| {clients} | {name} | {speed:,.0f} | {at(0.99, side.taken):.1f} | {cost:.0f} | {shown} |",
                flush=True,
            )


def weigh(world: World, folder: Path, count: int) -> None:
    """MiB of a server of 1 and of `count` experiments: once each has answered, and once each page was opened."""
    every = [world, *(world.beside(f"more-{number}") for number in range(1, count))]
    print("| experiments | start to first answer, s | all have answered, MiB | all pages are open, MiB |")
    print("|--:|--:|--:|--:|")
    for served in (every[:1], every):
        port, names = free_port(), [one.experiment.name for one in served]
        environment = tell_environment(folder, served)
        first = write_request(SINGLE, {"ticker": TICKER})
        with serve(server_command("127.0.0.1", port), port, environment, first) as own:
            for name in names:
                ask(port, write_request(f"{SINGLE}?experiment={name}", {"ticker": TICKER}))
            answered = resident(own.process)
            for name in names:
                ask(port, write_request(f"/experiments/{name}/ui/config"))
            print(
                f"| {len(names)} | {own.seconds:.1f} | {answered:.0f} | {resident(own.process):.0f} |",
                flush=True,
            )


def tell_environment(folder: Path, served: list[World]) -> dict[str, str]:
    """Of a server of these, whose files are written there."""
    files = []
    for one in served:
        files.append(folder / f"{one.experiment.name}.toml")
        told = one.experiment.model_dump(mode="json", exclude_none=True)
        files[-1].write_text(tomlkit.dumps(told), encoding="utf-8")
    own = {"CANDORCAST_EXPERIMENT": ",".join(map(str, files)), "CANDORCAST_HOME": str(served[0].home.root)}
    return {**os.environ, **own}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--family")
    parser.add_argument("--weight", type=int, metavar="N")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        world = build_world(folder / "home", model=Model(family=options.family) if options.family else None)
        if options.weight:
            weigh(world, folder, options.weight)
            return
        told = world.service().single(TICKER).model_dump_json()
        (folder / "told.json").write_text(told, encoding="utf-8")
        (folder / "bare.py").write_text(BARE, encoding="utf-8")
        environment = tell_environment(folder, [world])
        ours, bare = free_port(), free_port()
        plain = [sys.executable, "-m", "uvicorn", "--app-dir", place, "bare:app", "--port", str(bare)]
        first = write_request(SINGLE, {"ticker": TICKER})
        with (
            serve([*plain, "--log-level", "warning"], bare, dict(os.environ), first) as other,
            serve(server_command("127.0.0.1", ours), ours, environment, first) as own,
        ):
            alone(ours, world, options.rounds, options.requests)
            together(own, other, options.rounds, options.requests)
            told = (
                f"\nfrom start to first answer {own.seconds:.1f} s; resident {resident(own.process):.0f} MiB"
            )
            print(f"{told}, the bare one {resident(other.process):.0f}; load {os.getloadavg()[0]:.0f}")


if __name__ == "__main__":
    main()
