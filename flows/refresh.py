"""The refresh flow: an experiment's name in, its new bars in the store and a table of what came out."""

import datetime as dt
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed
from prefect.tasks import exponential_backoff

from flows.lock import hold
from flows.order import Order, open_order
from ml_core.errors import InvalidInput


def may_pass(_task: Any, _run: Any, state: State) -> bool:
    """A provider that failed may answer later; a wrong experiment stays wrong."""
    error = state.result(raise_on_failure=False)
    return not isinstance(error, InvalidInput)


@task(
    name="refresh",
    retries=3,
    retry_delay_seconds=exponential_backoff(30),
    retry_jitter_factor=0.5,
    retry_condition_fn=may_pass,
    cache_policy=NO_CACHE,
)
def refresh_store(order: Order, now: dt.datetime) -> Any:
    from ml_core.data.refresh import refresh

    return refresh(order.experiment, order.home, now=now, progress=order.progress("refresh"))


@flow(name="refresh")
def refresh_bars(experiment: str, overrides: list[str] | None = None, home: str | None = None) -> State:
    """Fetch what has been traded since the last run, check it and write it; a rerun changes nothing."""
    order = open_order(experiment, overrides, home)
    with hold(order.home, order.lock("refresh"), wait=600):
        done = refresh_store(order, dt.datetime.now(dt.UTC))
    rows = [
        {"ticker": ticker, "status": outcome.status, "reason": outcome.reason or "", "rows": outcome.rows}
        for ticker, outcome in done.outcomes.items()
    ]
    create_table_artifact(rows, key=order.artifact("refresh"), description=_summary(done))
    return Completed(message=_summary(done))


def _summary(done: Any) -> str:
    failed = [ticker for ticker, outcome in done.outcomes.items() if outcome.status == "failed"]
    changed = done.inserted or done.updated or done.quarantined
    text = (
        f"{done.inserted} bars new, {done.updated} changed, {done.quarantined} quarantined"
        if changed
        else "nothing to do: the store holds every closed session"
    )
    return f"{text}; version {done.version}" + (f"; without {', '.join(failed)}" if failed else "")
