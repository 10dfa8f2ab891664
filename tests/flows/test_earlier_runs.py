"""Runs that came due, or were cut off, while the stack was down: with a stand-in for Prefect's client."""

import asyncio
import datetime as dt
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

from prefect.client.schemas.objects import FlowRun, State, StateType

from flows.deployments import forget_others
from flows.stack.earlier_runs import cancel_missed, close_orphans

NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


class Client:
    """Answers as the server does: by state, the latest start first."""

    def __init__(self, *runs: FlowRun) -> None:
        self.runs, self.states = runs, dict[UUID, StateType]()

    async def read_flow_runs(
        self, *, flow_run_filter: Any, sort: Any, limit: int, offset: int
    ) -> list[FlowRun]:
        assert limit <= 200, "more the server does not tell"
        assert str(sort.value) == "EXPECTED_START_TIME_DESC"
        wanted = flow_run_filter.state.type.any_
        found = [run for run in self.runs if run.state_type in wanted]
        found.sort(key=lambda run: run.next_scheduled_start_time or NOW, reverse=True)
        return found[offset : offset + limit]

    async def set_flow_run_state(self, run: UUID, state: State, *, force: bool) -> None:
        assert force
        self.states[run] = state.type


def make_run(deployment: UUID, kind: StateType, *, days: float, **parameters: object) -> FlowRun:
    return FlowRun(
        parameters=parameters,
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


def test_of_hundreds_of_late_runs_one_is_left_and_one_that_was_asked_something_else() -> None:
    refresh, predict = uuid4(), uuid4()
    late = [make_run(refresh, StateType.SCHEDULED, days=-day / 100) for day in range(1, 451)]
    backfill, usual = (
        make_run(predict, StateType.SCHEDULED, days=-2, since="2026-11-02"),
        make_run(predict, StateType.SCHEDULED, days=-1),
    )
    client = Client(*late, backfill, usual)
    asyncio.run(cancel_missed(client, NOW))
    assert set(client.states) == {run.id for run in late[1:]}


def test_runs_that_an_ended_worker_left_as_running_are_closed() -> None:
    running, waiting = (make_run(uuid4(), kind, days=-1) for kind in (StateType.RUNNING, StateType.SCHEDULED))
    client = Client(running, waiting)
    asyncio.run(close_orphans(client))
    assert client.states == {running.id: StateType.CRASHED}


class Deployed:
    """Answers for two deployments, and remembers what was taken away."""

    def __init__(self, *names: str) -> None:
        self.deployments = [SimpleNamespace(name=name, id=uuid4()) for name in names]
        self.gone: list[str] = []

    async def read_deployments(self) -> list[SimpleNamespace]:
        return list(self.deployments)

    async def delete_resource_owned_automations(self, resource: str) -> None:
        self.gone.append(resource)

    async def delete_deployment(self, deployment: UUID) -> None:
        self.deployments = [one for one in self.deployments if one.id != deployment]


def test_deployments_of_an_experiment_that_the_stack_runs_no_more_go_with_their_triggers() -> None:
    client = Deployed("demo", "weekly_etfs", "refresh-after-close")
    left = [one.id for one in client.deployments[1:]]
    asyncio.run(forget_others(client, {"demo"}))
    assert [one.name for one in client.deployments] == ["demo"]
    assert client.gone == [f"prefect.deployment.{number}" for number in left]
