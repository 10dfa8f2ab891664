"""Puts `prefect.yaml` in force on a running Prefect server: `python -m flows.deployments POOL OVERRIDE…`."""

import asyncio
import datetime as dt
import subprocess
import sys
from pathlib import Path

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import DeploymentUpdate, WorkPoolCreate
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectAlreadyExists
from prefect.states import Cancelled, Crashed

from flows.stack.silent_runs import watch_heartbeats

PROJECT = Path(__file__).resolve().parent.parent


async def deploy(pool: str, overrides: list[str], *, own: bool) -> None:
    """The work pool and every deployment; on a server of our own, runs of an ended stack are closed first."""
    async with get_client() as client:
        if own:
            await close_orphans(client)
            await cancel_missed(client, dt.datetime.now(dt.UTC))
        await create_pool(client, pool)
        await watch_heartbeats(client)
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
    subprocess.run(command, cwd=PROJECT, check=True)
    if overrides:
        async with get_client() as client:
            await lay_over(client, overrides)


async def create_pool(client: PrefectClient, pool: str) -> None:
    """The pool of processes on this machine, unless it stands."""
    try:
        await client.create_work_pool(WorkPoolCreate(name=pool, type="process"))
    except ObjectAlreadyExists:
        return


async def close_orphans(client: PrefectClient) -> None:
    """Runs that an ended stack left as running hold the one slot of their deployment for ever."""
    for run in await read_runs(client, StateType.PENDING, StateType.RUNNING, StateType.CANCELLING):
        state = Crashed(message="the stack that ran it has ended")
        await client.set_flow_run_state(run.id, state, force=True)


async def cancel_missed(client: PrefectClient, now: dt.datetime) -> None:
    """Of the runs that came due while nothing ran, each deployment's newest does the work of all."""
    seen = set()
    for run in await read_runs(client, StateType.SCHEDULED):
        if run.next_scheduled_start_time is None or run.next_scheduled_start_time > now:
            continue
        if run.deployment_id in seen:
            state = Cancelled(message="missed while the stack was down; a later run does its work")
            await client.set_flow_run_state(run.id, state, force=True)
        seen.add(run.deployment_id)


async def read_runs(client: PrefectClient, *kinds: StateType) -> list[FlowRun]:
    """The runs in one of these states, the latest to start first."""
    state = FlowRunFilterState(type=FlowRunFilterStateType(any_=list(kinds)))
    return await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(state=state), sort=FlowRunSort.EXPECTED_START_TIME_DESC
    )


async def lay_over(client: PrefectClient, overrides: list[str]) -> None:
    """The `--set` of the command that started the stack, in every deployment's parameters."""
    for deployment in await client.read_deployments():
        parameters = {**deployment.parameters, "overrides": overrides}
        await client.update_deployment(deployment.id, DeploymentUpdate(parameters=parameters))


if __name__ == "__main__":
    _, pool_name, owned, *overlay = sys.argv
    asyncio.run(deploy(pool_name, overlay, own=owned == "own"))
