"""Runs that came due, or were cut off, while the stack was down: with a stand-in for Prefect's client."""

import asyncio
import datetime as dt
from typing import Any
from uuid import UUID, uuid4

from prefect.client.schemas.objects import FlowRun, State, StateType

from flows.deployments import cancel_missed, close_orphans

NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


class Client:
    """Answers as the server does: by state, the latest start first."""

    def __init__(self, *runs: FlowRun) -> None:
        self.runs, self.states = runs, dict[UUID, StateType]()

    async def read_flow_runs(self, *, flow_run_filter: Any, sort: Any) -> list[FlowRun]:
        assert str(sort.value) == "EXPECTED_START_TIME_DESC"
        wanted = flow_run_filter.state.type.any_
        found = [run for run in self.runs if run.state_type in wanted]
        return sorted(found, key=lambda run: run.next_scheduled_start_time or NOW, reverse=True)

    async def set_flow_run_state(self, run: UUID, state: State, *, force: bool) -> None:
        assert force
        self.states[run] = state.type


def make_run(deployment: UUID, kind: StateType, *, days: float) -> FlowRun:
    return FlowRun(
        flow_id=uuid4(),
        deployment_id=deployment,
        state_type=kind,
        next_scheduled_start_time=NOW + dt.timedelta(days=days),
    )


def test_of_the_runs_that_came_due_only_the_newest_of_each_deployment_is_kept() -> None:
    refresh, search = uuid4(), uuid4()
    older, newer = (make_run(refresh, StateType.SCHEDULED, days=-days) for days in (2, 1))
    only, future = (
        make_run(search, StateType.SCHEDULED, days=-3),
        make_run(refresh, StateType.SCHEDULED, days=1),
    )
    client = Client(older, newer, only, future)
    asyncio.run(cancel_missed(client, NOW))
    assert client.states == {older.id: StateType.CANCELLED}


def test_runs_that_an_ended_stack_left_as_running_are_closed() -> None:
    running, waiting = (make_run(uuid4(), kind, days=-1) for kind in (StateType.RUNNING, StateType.SCHEDULED))
    client = Client(running, waiting)
    asyncio.run(close_orphans(client))
    assert client.states == {running.id: StateType.CRASHED}
