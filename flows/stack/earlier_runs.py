"""Settles the runs that an ended stack left on its Prefect server: those cut off, and those that came due while nothing
ran."""

import datetime as dt
import json
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Cancelled, Crashed

PAGE = 200  # the most that the server tells at once


async def close_orphans(client: PrefectClient) -> None:
    """Runs that an ended worker left as running hold the one slot of their deployment for ever."""
    for run in await read_runs(client, StateType.PENDING, StateType.RUNNING, StateType.CANCELLING):
        state = Crashed(message="the worker that ran it has ended")
        await client.set_flow_run_state(run.id, state, force=True)


async def cancel_missed(client: PrefectClient, now: dt.datetime) -> None:
    """Of the runs that came due while nothing ran, the newest of each deployment does the work of all that were asked
    the same."""
    seen: set[tuple[UUID | None, str]] = set()
    for run in await read_runs(client, StateType.SCHEDULED):
        if run.next_scheduled_start_time is None or run.next_scheduled_start_time > now:
            continue
        asked = run.deployment_id, json.dumps(run.parameters, sort_keys=True, default=str)
        if asked in seen:
            state = Cancelled(message="missed while nobody worked; a later run does its work")
            await client.set_flow_run_state(run.id, state, force=True)
        seen.add(asked)


async def read_runs(client: PrefectClient, *kinds: StateType) -> list[FlowRun]:
    """All runs in one of these states, the latest to start first; Prefect tells so many at a time."""
    state = FlowRunFilterState(type=FlowRunFilterStateType(any_=list(kinds)))
    runs: list[FlowRun] = []
    while len(page := await _read_page(client, state, offset=len(runs))) == PAGE:
        runs += page
    return [*runs, *page]


async def _read_page(client: PrefectClient, state: FlowRunFilterState, *, offset: int) -> list[FlowRun]:
    return await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(state=state),
        sort=FlowRunSort.EXPECTED_START_TIME_DESC,
        limit=PAGE,
        offset=offset,
    )
