"""Puts the deployments of a stack's experiments in force on a running Prefect server:
`python -m flows.deployments POOL own|given EXPERIMENT… [--set KEY=VALUE]…`."""

import argparse
import asyncio
import datetime as dt
import os
import runpy
import sys
from collections.abc import Mapping
from contextlib import suppress

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectAlreadyExists

from flows.expansion import expand
from flows.stack.services import LONG
from flows.stack.silent_runs import watch_heartbeats
from flows.timetable import variables
from ml_core.home.settings import Home, Settings, open_home
from ml_core.spec.experiment import Experiment
from ml_core.spec.file import read_experiment
from ml_core.spec.handover import take_over
from ml_core.spec.shipped import PROJECT


def deploy(
    pool: str, experiments: Mapping[str, Experiment], overrides: list[str], home: Home, *, own: bool
) -> None:
    """The work pool and every deployment, by Prefect's own command here: another process would load Prefect again."""
    now = dt.datetime.now(dt.UTC)
    asked = [variables(where, experiment, home, now=now) for where, experiment in experiments.items()]
    asyncio.run(prepare(pool, {one["CANDORCAST_NAME"] for one in asked}, own=own))
    file = home.root / "deployments.yaml"
    file.write_text(expand(asked, overrides), encoding="utf-8")
    os.chdir(PROJECT)
    sys.argv = ["prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(file)]
    runpy.run_module("prefect", run_name="__main__")


async def prepare(pool: str, names: set[str], *, own: bool) -> None:
    """The work pool, and what watches over its runs. On a server of our own, deployments of experiments that it ran
    before and does not now are taken away."""
    async with get_client() as client:
        if own:
            await forget_others(client, names)
        await create_pool(client, pool)
        await watch_heartbeats(client)


async def create_pool(client: PrefectClient, pool: str) -> None:
    """The pool of processes on this machine, and its queue of which one run works at a time, unless they stand."""
    with suppress(ObjectAlreadyExists):
        await client.create_work_pool(WorkPoolCreate(name=pool, type="process"))
    with suppress(ObjectAlreadyExists):
        await client.create_work_queue(LONG, concurrency_limit=1, work_pool_name=pool)


async def forget_others(client: PrefectClient, wanted: set[str]) -> None:
    """What no experiment of this stack asks for would go on being run."""
    for deployment in await client.read_deployments():
        if deployment.name not in wanted:
            await client.delete_resource_owned_automations(f"prefect.deployment.{deployment.id}")
            await client.delete_deployment(deployment.id)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m flows.deployments")
    parser.add_argument("pool")
    parser.add_argument("server", choices=["own", "given"])
    parser.add_argument("experiments", nargs="*")
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    asked, settings = parser.parse_args(), Settings()
    read = take_over(os.environ)
    experiments = {
        name: read.get(name) or read_experiment(name, tuple(asked.overrides))
        for name in asked.experiments or settings.experiments
    }
    home = open_home(settings.home, settings.tracking_uri, settings.tables)
    deploy(asked.pool, experiments, asked.overrides, home, own=asked.server == "own")


if __name__ == "__main__":
    main()
