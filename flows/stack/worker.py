"""Settles what an earlier worker left on the Prefect server, then becomes Prefect's worker in this very process:
`python -m flows.stack.worker POOL NAME own|given`."""

import argparse
import asyncio
import datetime as dt
import runpy
import sys

from prefect.client.orchestration import get_client

from flows.stack.earlier_runs import cancel_missed, close_orphans


async def settle(now: dt.datetime) -> None:
    """On a server of our own this worker is the only one: what counts as running there runs no more."""
    async with get_client() as client:
        await close_orphans(client)
        await cancel_missed(client, now)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m flows.stack.worker")
    parser.add_argument("pool")
    parser.add_argument("name")
    parser.add_argument("server", choices=["own", "given"])
    asked = parser.parse_args()
    if asked.server == "own":
        asyncio.run(settle(dt.datetime.now(dt.UTC)))
    sys.argv = ["prefect", "--no-prompt", "worker", "start", "--with-healthcheck"]
    sys.argv += ["--pool", asked.pool, "--type", "process", "--name", asked.name]
    runpy.run_module("prefect", run_name="__main__")


if __name__ == "__main__":
    main()
